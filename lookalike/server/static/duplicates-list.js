// The groups of duplicates, one below the other, with what is proposed and what was decided.

import { thumbnail } from "./api.js";
import { takeBack } from "./duplicates-bar.js";
import { accept, decided, pictures, settle } from "./duplicates-decisions.js";
import { announce, complaint, fill, make } from "./dom.js";
import { KINDS, SORTS, address, all, further } from "./duplicates-groups.js";
import { helpButton, listen } from "./keys.js";
import { go, remember } from "./router.js";
import { bytes, counted, path } from "./words.js";

const SHOWN = 4; // pictures of a group

function small(picture) {
  const image = make("img", { loading: "lazy", decoding: "async", alt: "", src: thumbnail(picture.links, 128) });
  image.addEventListener("error", () => {
    image.replaceWith(make("span", { className: "missing" }, "no preview"));
  });
  return image;
}

/** What was decided about a group, in words; empty for nothing. */
export function verdict(group) {
  const now = decided(group);
  if (now.settled) return "settled";
  const told = [];
  if (now.remove.size) told.push(`${counted(now.remove.size, "file")} marked`);
  else if (now.any) told.push("nothing goes");
  if (now.different.size) told.push(`${now.different.size} no duplicate`);
  return told.join(", ");
}

function row(group, wanted, act) {
  const members = pictures(group);
  const free = group.bytes_to_free ? `, ${bytes(group.bytes_to_free)} to free` : "";
  const title = `${KINDS[group.kind] ?? group.kind}: ${counted(members.length, "picture")}${free}`;
  const state = make("span", { className: "verdict" });
  const take = make("button", { type: "button", title: "a", hidden: !group.bytes_to_free }, "Take the proposal");
  const fine = make("button", { type: "button", className: "quiet", title: "s" }, "Settle");
  const element = make(
    "li",
    { className: "group" },
    make(
      "a",
      { href: address({ ...wanted, group: group.id }), "aria-label": `${title}; ${path(group.keep.name)}` },
      make("span", { className: "strip" }, ...members.slice(0, SHOWN).map(small)),
      make("span", { className: "title" }, title),
      make("span", { className: "facts" }, path(group.keep.path)),
      group.changed && make("span", { className: "facts" }, `Back again: ${group.changed}`),
    ),
    make("div", { className: "deeds" }, state, take, fine),
  );
  take.addEventListener("click", () => act(group, "take"));
  fine.addEventListener("click", () => act(group, "settle"));
  const tell = () => {
    const told = verdict(group);
    state.textContent = told;
    element.classList.toggle("done", told !== "");
    element.classList.toggle("settled", told === "settled");
    take.disabled = fine.disabled = told === "settled";
  };
  tell();
  return { group, element, tell };
}

function filters(loaded, wanted) {
  const to = (more) => go(address({ ...wanted, ...more, group: null }));
  const kinds = [null, ...loaded.found.kinds];
  const under = make("input", { type: "text", id: "under", value: wanted.under ?? "", placeholder: "all" });
  under.addEventListener("change", () => to({ under: under.value.trim() }));
  const sort = make(
    "select",
    { id: "sort" },
    ...Object.entries(SORTS).map(([value, text]) =>
      make("option", { value, selected: value === (wanted.sort ?? "free") }, text),
    ),
  );
  sort.addEventListener("change", () => to({ sort: sort.value === "free" ? null : sort.value }));
  return make(
    "div",
    { className: "narrow" },
    make(
      "fieldset",
      { className: "filters" },
      make("legend", { className: "hidden" }, "Kind"),
      ...kinds.flatMap((kind) => {
        const id = `kind-${kind ?? "all"}`;
        const input = make("input", { type: "radio", name: "kind", id, checked: kind === wanted.kind });
        input.addEventListener("change", () => to({ kind }));
        return [input, make("label", { for: id }, kind === null ? "All" : (KINDS[kind] ?? kind))];
      }),
    ),
    make("label", {}, "Folder ", under),
    make("label", {}, "First ", sort),
  );
}

/**
 * Fill the page with the list.
 * @param {HTMLElement} place to fill.
 * @param {object} loaded of duplicates-groups.js.
 * @param {object} wanted what the address asks for.
 * @param {AbortSignal} signal aborted when another thing is shown.
 * @param {HTMLElement} notes on the search.
 */
export function listGroups(place, loaded, wanted, signal, notes) {
  const rows = [];
  const list = make("ul", { className: "groups" });
  const wrong = make("div");
  const fails = (error) => {
    if (error.name !== "AbortError") fill(wrong, complaint(error.message));
  };
  const act = async (group, what) => {
    if (decided(group).settled) return;
    if (what === "take") {
      announce(accept([group]) ? `${verdict(group)}.` : "Nothing may go of this group.");
    } else {
      await settle(group).then(() => announce("Settled."), fails);
    }
  };
  const grow = () => {
    const fresh = loaded.groups.slice(rows.length).map((group) => row(group, wanted, act));
    rows.push(...fresh);
    list.append(...fresh.map((one) => one.element));
    remember({ groups: rows.length });
    more.hidden = !loaded.more;
  };
  const more = make("button", { type: "button", className: "more" }, "Show more");
  let busy = false;
  const extend = async () => {
    if (busy || !loaded.more) return;
    busy = true;
    await further(signal).then(grow, fails);
    busy = false;
  };
  more.addEventListener("click", extend);
  const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && extend(), {
    rootMargin: "600px",
  });
  watcher.observe(more);
  signal.addEventListener("abort", () => watcher.disconnect());
  const everything = make("button", { type: "button" }, "Take all proposals");
  everything.addEventListener("click", async () => {
    everything.disabled = true;
    try {
      const count = accept(await all(signal));
      grow();
      announce(`The proposals for ${counted(count, "group")} are taken.`);
    } catch (error) {
      fails(error);
    }
    everything.disabled = false;
  });
  const at = () => rows.findIndex((one) => one.element.contains(document.activeElement));
  const move = (step) => {
    const to = at() < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at() + step));
    rows[to]?.element.querySelector("a").focus();
  };
  const here = (what) => at() >= 0 && act(rows[at()].group, what);
  const keys = [
    [["ArrowDown"], "next group", () => move(1)],
    [["ArrowUp"], "group before", () => move(-1)],
    [["Enter"], "open the group", () => {}],
    [["a"], "take the proposal for the group", () => here("take")],
    [["s"], "settle the group: it is fine as it is, for good", () => here("settle")],
    [["u"], "undo the last decision", takeBack],
  ];
  listen(keys, signal);
  addEventListener("lookalike:decided", () => rows.forEach((one) => one.tell()), { signal });
  const { total, bytes_to_free: free } = loaded.found;
  const heading = total
    ? `${counted(total, "group")} of duplicates${free ? `, ${bytes(free)} to free` : ""}`
    : `No duplicates${wanted.kind || wanted.under ? " that fit" : ""}`;
  fill(
    place,
    make("h1", {}, heading),
    notes,
    filters(loaded, wanted),
    total ? make("p", { className: "buttons" }, everything, helpButton(keys)) : null,
    wrong,
    list,
    more,
  );
  grow();
  announce(heading);
}
