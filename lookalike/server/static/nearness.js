// How near a hit has to be to be shown: the line below which hits are folded away.

import { make } from "./dom.js";

// Powers of ten of the chance; at the left end there are copies only, at the right end all.
const LEAST = -4;
const MOST = 3;
const STEP = 0.25;

/**
 * Whether a hit lies below the line.
 * @param {object} hit of a search.
 * @param {?number} most chance that is shown; null for the usual line.
 * @param {?number} least similarity that is shown, where there is no chance to go by.
 */
export function isFolded(hit, most, least) {
  if (least !== null && hit.kind === "alike" && (hit.similarity ?? 1) < least) return true;
  if (most === null) return hit.folded ?? false;
  return hit.kind === "alike" && hit.chance !== null && hit.chance > most;
}

/** What a line means, in words. */
export function told(most) {
  if (most === null) return "nearer than unrelated pictures usually are";
  if (most === 0) return "copies and parts only";
  if (most >= 10 ** MOST) return "all";
  if (most >= 1) return `up to ${Math.round(most).toLocaleString("en")} hits as near by chance`;
  return `1 in ${Math.round(1 / most).toLocaleString("en")} searches has a hit as near by chance`;
}

/** Where the usual line is on the scale of chances, by the hits on both sides of it. */
function usualAt(hits) {
  const alike = hits.filter((hit) => hit.kind === "alike" && hit.chance !== null && hit.chance > 0);
  const near = alike.filter((hit) => !hit.folded).map((hit) => hit.chance);
  const far = alike.filter((hit) => hit.folded).map((hit) => hit.chance);
  if (!alike.length) return null;
  const least = near.length ? Math.max(...near) : Math.min(...far) / 2;
  const most = far.length ? Math.min(...far) : least * 2;
  return Math.log10(Math.sqrt(least * Math.max(least, most)));
}

/** A slider with its label, what it says, and a button that puts it back. */
function drawn(input, output, reset) {
  const end = (text) => make("span", { className: "ends", "aria-hidden": "true" }, text);
  const label = make("label", { for: "nearness" }, "How alike");
  return make("div", { className: "nearness" }, label, ...input(end), output, reset);
}

/**
 * A slider for the line.
 * @param {object[]} hits that are known; where none has a chance there is no slider.
 * @param {?number} most chance that is shown; null for the usual line.
 * @param {function(?number, boolean)} change called with the new line, and whether it stays so
 *   (else people are still sliding).
 * @returns {?HTMLElement}
 */
export function slider(hits, most, change) {
  const usual = usualAt(hits);
  if (usual === null) return null;
  const at = most === null ? usual : most === 0 ? LEAST : Math.log10(most);
  const input = make("input", {
    type: "range",
    id: "nearness",
    min: String(LEAST),
    max: String(MOST),
    step: String(STEP),
  });
  input.value = String(Math.min(MOST, Math.max(LEAST, at)));
  const output = make("output", { for: "nearness" }, told(most));
  const reset = make("button", { type: "button", className: "quiet" }, "Usual line");
  reset.hidden = most === null;
  const value = () => {
    const power = Number(input.value);
    if (power <= LEAST) return 0;
    return Number((10 ** power).toPrecision(3));
  };
  const tell = (line) => {
    output.textContent = told(line);
    input.setAttribute("aria-valuetext", told(line));
    reset.hidden = line === null;
  };
  input.setAttribute("aria-valuetext", told(most));
  input.addEventListener("input", () => {
    tell(value());
    change(value(), false);
  });
  input.addEventListener("change", () => change(value(), true));
  reset.addEventListener("click", () => {
    input.value = String(usual);
    tell(null);
    input.focus();
    change(null, true);
  });
  return drawn((end) => [end("copies"), input, end("anything")], output, reset);
}

/**
 * A slider for the similarity, where hits have no chance: as with several pictures together.
 * @param {object[]} hits that are known.
 * @param {?number} least similarity that is shown; null for all.
 * @param {function(?number, boolean)} change as of `slider`.
 * @returns {?HTMLElement}
 */
export function similaritySlider(hits, least, change) {
  if (!hits.some((hit) => hit.kind === "alike" && hit.similarity !== null)) return null;
  const input = make("input", { type: "range", id: "nearness", min: "0", max: "1", step: "0.05" });
  const output = make("output", { for: "nearness" });
  const reset = make("button", { type: "button", className: "quiet" }, "All");
  const tell = (line) => {
    output.textContent = line === null ? "all" : `similarity ${line.toFixed(2)} or more`;
    input.setAttribute("aria-valuetext", output.textContent);
    reset.hidden = line === null;
  };
  input.value = String(least ?? 0);
  tell(least);
  const value = () => Number(input.value) || null;
  input.addEventListener("input", () => {
    tell(value());
    change(value(), false);
  });
  input.addEventListener("change", () => change(value(), true));
  reset.addEventListener("click", () => {
    input.value = "0";
    tell(null);
    input.focus();
    change(null, true);
  });
  return drawn((end) => [end("anything"), input, end("the same")], output, reset);
}
