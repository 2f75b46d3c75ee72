// Two pictures compared: what they are to each other, over each other, and where they differ.

import * as api from "./api.js";
import { changed } from "./addresses.js";
import { busy, complaint, fill, make } from "./dom.js";
import { overlay } from "./overlay.js";
import { go, remember, remembered } from "./router.js";
import { slot } from "./slots.js";
import { eitherOf, nameOf } from "./upload.js";
import { bytes, date, edits, kindOf, path } from "./words.js";

const MODES = { flicker: "Flicker", swipe: "Swipe", differences: "Differences", beside: "Side by side" };
const WAITING = "lookalike:waiting"; // the picture that waits for another one

let latest = "flicker"; // how people compared last: exchanged, or the next two, begin the same way

function ofLibrary(found) {
  const facts = [
    `${found.width} × ${found.height}`,
    `${found.format}, ${bytes(found.bytes)}`,
    found.taken && `taken ${date(found.taken)}`,
    found.away && "its file is away",
  ];
  return { ...found, page: found.links.page, facts: facts.filter(Boolean).join(", ") };
}

function ofSent(found) {
  return {
    ...found,
    name: nameOf(found.id) ?? "A picture that was sent",
    page: `/queries/${encodeURIComponent(found.id)}`,
    facts: `${found.width} × ${found.height}, ${bytes(found.bytes)}`,
  };
}

async function subject(id, signal) {
  const { sent, found } = await eitherOf(id, signal);
  return sent ? ofSent(found) : ofLibrary(found);
}

/** The verdict in words. */
function verdict(found) {
  const kind = kindOf(found.kind);
  const done = found.edits.length ? `: ${edits(found.edits)}` : "";
  const told = {
    "same-bytes": "Both are the same file, byte for byte",
    "same-pixels": "Different files with the same pixels",
    edited: `One is an edited copy of the other. From B to A${done || ": no edit that has a name"}`,
    part: `One shows a part of the other, or both overlap${done && `. From B to A${done}`}`,
    alike: "Two different pictures",
  };
  return make(
    "div",
    { className: "verdict" },
    make("p", { className: `kind ${found.kind}` }, make("span", {}, kind.name)),
    make("p", {}, `${told[found.kind] ?? kind.told}.`),
    found.previews && make("p", { className: "facts" }, "A file is away or has changed: the library's previews were compared."),
  );
}

function views(place, a, b, found, signal) {
  const names = [`A: ${path(a.name)}`, `B: ${path(b.name)}`];
  const laid = overlay(a, b, found.transform, { names, leads: true, signal });
  const area = make("div", { className: "compared" });
  const tabs = make("div", { className: "filters", role: "group", "aria-label": "How to compare" });
  const fixed = found.transform === null ? ", laid over each other as they are" : ", with the same at the same place";
  const beside = () =>
    make(
      "div",
      { className: "pair" },
      ...[a, b].map((one, at) =>
        make(
          "figure",
          {},
          make("img", { src: api.thumbnail(one.links, 1024), alt: path(one.name) }),
          make("figcaption", {}, names[at]),
        ),
      ),
    );
  const differences = () => {
    const image = make("img", { src: api.drawing(a.id, b.id), alt: "Both pictures, and where they differ in orange" });
    image.addEventListener("error", () => image.replaceWith(complaint("The drawing can't be made.")));
    return make("div", { className: "drawing" }, image);
  };
  const choose = (mode) => {
    latest = mode;
    remember({ mode });
    const over = mode === "flicker" || mode === "swipe";
    if (over) laid.show(mode);
    const told = make("p", { className: "facts" }, `A over B${fixed}.`);
    fill(area, over && told, over ? laid.element : mode === "beside" ? beside() : differences());
  };
  const first = remembered().mode ?? latest;
  for (const [mode, name] of Object.entries(MODES)) {
    const input = make("input", { type: "radio", name: "mode", id: `mode-${mode}`, checked: mode === first });
    input.addEventListener("change", () => choose(mode));
    tabs.append(input, make("label", { for: `mode-${mode}` }, name));
  }
  addEventListener(
    "keydown",
    (event) => {
      if (event.key !== " " || event.target.closest("button, a, input, select, dialog, summary")) return;
      event.preventDefault();
      laid.flip();
    },
    { signal },
  );
  choose(first);
  fill(place, verdict(found), tabs, area);
}

/** Fill the page. */
export async function show(place, signal, address) {
  document.title = "Compare – lookalike";
  const ids = { a: address.searchParams.get("a") || null, b: address.searchParams.get("b") || null };
  const only = ids.a ?? ids.b;
  const waiting = sessionStorage.getItem(WAITING);
  if (only !== null && (ids.a === null || ids.b === null)) {
    // One was chosen somewhere on the page, and another one before: these two.
    if (waiting !== null && waiting !== only) {
      sessionStorage.removeItem(WAITING);
      await go(changed(address, { a: waiting, b: only }), { replace: true });
      return;
    }
    sessionStorage.setItem(WAITING, only);
  }
  fill(place, busy("Loading…"));
  const [a, b] = await Promise.all(
    ["a", "b"].map((name) => (ids[name] === null ? null : subject(ids[name], signal))),
  );
  const result = make("div");
  const swap = make("a", { className: "button", href: changed(address, { a: ids.b, b: ids.a }) }, "Exchange A and B");
  fill(
    place,
    make("h1", {}, "Compare two pictures"),
    make("div", { className: "slots" }, slot("a", a, address), slot("b", b, address)),
    a && b && make("p", { className: "buttons" }, swap),
    result,
  );
  if (!a || !b) return;
  fill(result, busy("Comparing…"));
  const found = await api.compare(ids.a, ids.b, signal);
  if (!signal.aborted) views(result, a, b, found, signal);
}
