// The library: all pictures by date, folder, size, or in the order in which they were added.

import * as api from "./api.js";
import { FILTERS, changed, comparing, given, isFiltered } from "./addresses.js";
import { busy, complaint, fill, make } from "./dom.js";
import { emptyLibrary } from "./empty.js";
import { filterBar } from "./filters.js";
import { go, refocus } from "./router.js";
import { ORDERS } from "./views.js";
import { monthTold, timeLine } from "./timeline.js";
import { VirtualGrid } from "./virtual.js";
import { counted, path } from "./words.js";

const NAMES = { taken: "Date taken", folder: "Folder", added: "Last added", size: "File size" };

const acts = (picture) => [
  { key: "c", sign: "⇄", name: "Compare", href: comparing(picture.id, null) },
];

/** The two halves of the library: its pictures, and how it is. */
export function halves(here) {
  const link = (href, name) => make("a", { href, "aria-current": href === here ? "page" : null }, name);
  return make(
    "nav",
    { className: "halves", "aria-label": "Library" },
    link("/library", "Pictures"),
    link("/library/state", "State"),
  );
}

function choice(address, by) {
  const inputs = Object.entries(NAMES).flatMap(([key, name]) => {
    const id = `by-${key}`;
    const input = make("input", { type: "radio", name: "by", id, checked: key === by });
    input.addEventListener("change", async () => {
      await go(changed(new URL(location.href), { by: key === "taken" ? null : key }));
      document.getElementById(id)?.focus({ preventScroll: true });
    });
    return [input, make("label", { for: id }, name)];
  });
  return make(
    "fieldset",
    { className: "filters" },
    make("legend", { className: "hidden" }, "Order by"),
    ...inputs,
  );
}

/** Where one is among the folders, and those that are in here. */
async function folderList(address, signal) {
  const under = address.searchParams.get("under");
  const values = given(address, FILTERS);
  const found = await api.folders(values, signal);
  const open = (to) => changed(address, { under: to });
  const parts = under?.split(/(?<=[/\\])/) ?? [];
  const crumbs = parts.map((part, at) => {
    const to = parts.slice(0, at + 1).join("").replace(/(?<=.)[/\\]$/, "");
    return make("a", { href: open(to) }, path(part));
  });
  return make(
    "nav",
    { className: "folders", "aria-label": "Folders" },
    under && make("p", { className: "crumbs" }, make("a", { href: open(null) }, "All folders"), " › ", ...crumbs),
    make(
      "ul",
      {},
      ...found.folders.map((one) =>
        make(
          "li",
          {},
          make(
            "a",
            { className: "button", href: open(one.path) },
            `${path(one.name)} `,
            make("span", { className: "facts" }, counted(one.pictures, "picture")),
            one.offline && make("span", { className: "offline" }, "offline"),
          ),
        ),
      ),
    ),
  );
}

async function sectionsOf(by, values, signal) {
  if (by === "taken") {
    const found = await api.timeline(values, signal);
    const sections = found.months.map((one) => ({ title: monthTold(one.month), count: one.pictures }));
    if (found.undated) sections.push({ title: "Date not known", count: found.undated });
    return { sections, months: found.months, total: found.total };
  }
  const { total } = await api.pictures({ ...values, order: ORDERS[by], limit: 1 }, signal);
  return { sections: [{ title: null, count: total }], months: [], total };
}

/** Fill the page. */
export async function show(place, signal, address) {
  document.title = "Library – lookalike";
  const filters = filterBar(address, "the pictures");
  const list = make("div", { className: "results" }, busy("Loading…"));
  const top = make("div");
  fill(place, halves("/library"), top, filters.element, list);
  let asked = null;
  let running = new AbortController();
  signal.addEventListener("abort", () => running.abort());

  const update = async (now) => {
    filters.update(now);
    const by = now.searchParams.get("by") in NAMES ? now.searchParams.get("by") : "taken";
    if (now.search === asked) return;
    asked = now.search;
    running.abort();
    running = new AbortController();
    const own = running.signal;
    const values = given(now, FILTERS);
    list.setAttribute("aria-busy", "true");
    let found;
    let folders;
    try {
      [found, folders] = await Promise.all([
        sectionsOf(by, values, own),
        by === "folder" ? folderList(now, own) : null,
      ]);
    } catch (error) {
      if (own.aborted) return;
      list.removeAttribute("aria-busy");
      if (error.status !== 400) throw error;
      asked = null;
      fill(list, complaint(error.message)); // something in the filters: they can be mended
      return;
    }
    if (own.aborted) return;
    list.removeAttribute("aria-busy");
    const isEmpty = !found.total && !isFiltered(now);
    filters.element.hidden = isEmpty;
    const heading = make("h1", { className: "summary" }, counted(found.total, "picture"));
    fill(top, heading, isEmpty ? null : choice(now, by));
    draw(list, found, { by, values, folders, isEmpty, signal: own });
  };
  await update(address);
  return { update };
}

function draw(place, found, { by, values, folders, isEmpty, signal }) {
  if (!found.total) {
    const none = "No picture fits these filters.";
    fill(place, folders, isEmpty ? emptyLibrary() : make("p", { className: "message" }, none));
    return;
  }
  const wrong = make("div", { className: "wrongs" });
  const tell = (text, button, then) => {
    const told = complaint(text);
    const again = make("button", { type: "button" }, button);
    again.addEventListener("click", () => {
      fill(wrong);
      then();
    });
    told.append(" ", again);
    fill(wrong, told);
  };
  let line = null;
  const order = ORDERS[by];
  const grid = new VirtualGrid({
    sections: found.sections,
    ask: async (skip, limit, own) => {
      const page = await api.pictures({ ...values, order, skip, limit }, own);
      if (page.total !== found.total) {
        tell("The library has changed since.", "Show it anew", () => location.reload());
      }
      return page.pictures;
    },
    acts,
    signal,
    moved: (number) => line?.moved(number),
    drawn: refocus,
    failed: (error) => tell(error.message, "Try again", () => grid.again()),
  });
  if (found.months.length > 1) line = timeLine(found.months, (number) => grid.show(number));
  fill(place, folders, line?.element, wrong, grid.element);
  grid.lay();
  grid.draw();
}
