// What a search found: the picture that was asked with, filters by kind, the grid.

import { grid } from "./cards.js";
import { announce, fill, make } from "./dom.js";
import { KINDS, counted, kindOf } from "./words.js";

const STEP = 40;
const MOST = 1000;

/** Hits to ask for at first. */
export const FIRST = STEP;

function filters(hits, list) {
  const counts = new Map();
  for (const hit of hits) counts.set(hit.kind, (counts.get(hit.kind) ?? 0) + 1);
  if (counts.size < 2) return null;
  const choose = (kind) => {
    hits.forEach((hit, at) => {
      list.children[at].hidden = kind !== null && hit.kind !== kind;
    });
    announce(`${counted(kind === null ? hits.length : counts.get(kind), "picture")} shown.`);
  };
  const choice = (kind, name, count) => {
    const id = `kind-${kind ?? "all"}`;
    const input = make("input", { type: "radio", name: "kind", id, checked: kind === null });
    input.addEventListener("change", () => choose(kind));
    const dot = kind && make("span", { className: `dot ${kind}`, "aria-hidden": "true" });
    return [input, make("label", { for: id }, dot, `${name} `, make("span", {}, String(count)))];
  };
  return make(
    "fieldset",
    { className: "filters" },
    make("legend", { className: "hidden" }, "Show"),
    ...choice(null, "All", hits.length),
    ...[...new Set([...Object.keys(KINDS), ...counts.keys()])]
      .filter((kind) => counts.has(kind))
      .flatMap((kind) => choice(kind, kindOf(kind).name, counts.get(kind))),
  );
}

function summary(answer) {
  const copies = answer.hits.filter((hit) => hit.kind !== "alike").length;
  const others = (answer.hits.length - copies).toLocaleString("en");
  const took = `${Math.max(1, Math.round(1000 * answer.seconds.total))} ms`;
  if (answer.hits.length === 0) return `Nothing that is like it (${took})`;
  if (copies === 0) return `No copy of it; the ${others} most alike (${took})`;
  const found = copies === 1 ? "1 copy of it" : `${copies} copies of it`;
  return `${found}${others === "0" ? "" : `, then the ${others} most alike`} (${took})`;
}

/**
 * The results below the picture that was asked with.
 * @param {HTMLElement} place to fill.
 * @param {Node} query shows the picture.
 * @param {object} answer of the interface.
 * @param {number} asked hits that were asked for.
 * @param {number} before hits that were shown before; the first new one gets the focus.
 * @param {boolean} all whether hits are shown that are no nearer than unrelated pictures.
 * @param {function(number, number, boolean)} more asks again: for so many hits, so many being shown.
 */
export function showResults(place, query, answer, asked, before, all, more) {
  const list = grid(answer.hits);
  const hidden = answer.left_out;
  const none = "The library holds no other picture yet.";
  const text = answer.hits.length + hidden ? summary(answer) : none;
  const next = make("button", { type: "button", className: "more" }, hidden ? "Show them" : "Show more");
  next.addEventListener("click", () => {
    next.disabled = true;
    next.textContent = "Searching…";
    if (hidden) more(asked, answer.hits.length, true);
    else more(Math.min(MOST, asked + STEP), answer.hits.length, all);
  });
  fill(
    place,
    query,
    make("p", { className: "summary" }, text),
    filters(answer.hits, list),
    list,
    hidden
      ? make("p", { className: "message" }, `${hidden.toLocaleString("en")} more ${hidden === 1 ? "is" : "are"} no nearer than unrelated pictures are.`)
      : null,
    hidden || (answer.hits.length >= asked && asked < MOST) ? next : null,
  );
  announce(text);
  if (before) list.children[before]?.querySelector("a").focus();
}
