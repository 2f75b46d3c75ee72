// A close look at two pictures: laid over each other, or with their differences marked.

import { compare, drawing } from "./api.js";
import { busy, complaint, fill, make } from "./dom.js";
import { overlay } from "./overlay.js";
import { edits, kindOf, path } from "./words.js";

/** The ways to look, with the key of each. */
export const LOOKS = {
  beside: { name: "Side by side", key: "v", words: "pictures side by side" },
  flicker: { name: "Flicker", key: "f", words: "flicker: both in turn, at the same place" },
  swipe: { name: "Swipe", key: "w", words: "swipe: an edge between both" },
  differences: { name: "Differences", key: "d", words: "differences, marked" },
};

/** What was done to b to get a, in words. */
export function relation(found) {
  const kind = kindOf(found.kind).name;
  const told = edits(found.edits);
  const small = found.previews ? " (by small copies, since a file is away)" : "";
  return `${kind}${told ? `: ${told}` : ""}${small}`;
}

/**
 * Look at two pictures.
 * @param {HTMLElement} place to fill.
 * @param {object} a the one that is laid over.
 * @param {object} b the one below, or the original.
 * @param {string} mode flicker, swipe or differences.
 * @param {boolean} focus whether what is shown gets the focus, so that keys are for it.
 * @param {AbortSignal} signal ends it.
 * @returns {{flip: function(), zoom: function()}}
 */
export function look(place, a, b, mode, focus, signal) {
  const names = [path(a.name), path(b.name)];
  if (mode === "differences") {
    const image = make("img", {
      className: "drawing",
      src: drawing(a.id, b.id),
      alt: `${names[0]}, ${names[1]}, and in orange where they differ`,
    });
    image.addEventListener("error", () => {
      fill(place, complaint("The differences can't be drawn: neither file nor preview can be read."));
    });
    const told = make("p", { className: "facts" }, "What differs is orange in the third picture, after brightness and colours were made equal.");
    const shown = make("figure", {}, image, make("figcaption", {}, told));
    fill(place, shown);
    return {};
  }
  const both = { flip() {}, zoom() {} };
  fill(place, busy("Comparing…"));
  compare(a.id, b.id, signal).then(
    (found) => {
      if (signal.aborted) return;
      const { element, flip, zoom } = overlay(a, b, found.transform, { mode, names, signal });
      Object.assign(both, { flip, zoom });
      fill(place, make("p", { className: "facts" }, relation(found)), element);
      if (focus) element.querySelector(".view").focus({ preventScroll: true });
    },
    (error) => {
      if (error.name !== "AbortError") fill(place, complaint(error.message));
    },
  );
  return { flip: () => both.flip(), zoom: () => both.zoom() };
}
