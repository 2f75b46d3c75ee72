// What a search found: the picture that was asked with, filters by kind, the grid.

import { grid } from "./cards.js";
import { announce, fill, make } from "./dom.js";
import { KINDS, counted } from "./words.js";

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
    ...Object.keys(KINDS)
      .filter((kind) => counts.has(kind))
      .flatMap((kind) => choice(kind, KINDS[kind].name, counts.get(kind))),
  );
}

function summary(answer) {
  const copies = answer.hits.filter((hit) => hit.kind !== "alike").length;
  const others = (answer.hits.length - copies).toLocaleString("en");
  const took = `${Math.max(1, Math.round(1000 * answer.seconds.total))} ms`;
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
 * @param {function(number, number)} more asks again: for so many hits, so many being shown.
 */
export function showResults(place, query, answer, asked, before, more) {
  const list = grid(answer.hits);
  const text = answer.hits.length ? summary(answer) : "The library holds no other picture yet.";
  const next = make("button", { type: "button", className: "more" }, "Show more");
  next.addEventListener("click", () => {
    next.disabled = true;
    next.textContent = "Searching…";
    more(Math.min(MOST, asked + STEP), answer.hits.length);
  });
  fill(
    place,
    query,
    make("p", { className: "summary" }, text),
    filters(answer.hits, list),
    list,
    answer.hits.length >= asked && asked < MOST ? next : null,
  );
  announce(text);
  if (before) list.children[before]?.querySelector("a").focus();
}
