// Two pictures laid over each other, as the second look found that they lie: flicker and swipe.

import { thumbnail } from "./api.js";
import { announce, make } from "./dom.js";
import { drag, layOut, world } from "./overlay-laying.js";
import { path } from "./words.js";

const SHOWN = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"]; // that every browser can show
const SMALL = [256, 512, 1024];
const BEAT = 700; // milliseconds of each picture when they take turns

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** The picture in as many pixels as are needed, or as there are. */
function image(picture) {
  const element = make("img", { alt: "", draggable: false });
  const note = make("span", { hidden: true });
  let given = 0; // pixels of the longer side that can be had by now
  let source = null; // "original", or the size of a small copy
  const take = (from) => {
    source = from;
    element.src = from === "original" ? picture.links.original : thumbnail(picture.links, from);
  };
  const tell = (why) => {
    note.hidden = false;
    note.textContent = `${path(picture.name)} is shown from a small copy${why}.`;
  };
  element.addEventListener("error", () => {
    // The file went away, or this browser can't show it: then the largest copy that there is.
    if (source === "original") take(1024);
    else if (source > 256) take(256);
    tell("");
  });
  // Of several pictures of one file a browser shows the first; a picture that was sent has no file.
  const isThere = SHOWN.includes(picture.format) && !picture.away && (picture.member ?? null) === null;
  const sharpen = (pixels, exact) => {
    if (given === Infinity || (pixels <= given && !(exact && isThere))) return;
    given = exact && isThere ? Infinity : SMALL.find((size) => size >= pixels) ?? Infinity;
    if (given < Infinity) {
      take(given);
    } else if (isThere) {
      take("original");
    } else {
      take(1024);
      if (Math.max(picture.width, picture.height) <= 1024) return;
      const shown = !picture.format || SHOWN.includes(picture.format);
      tell(picture.away ? ": its file is away" : shown ? "" : `: browsers can't show ${picture.format}`);
    }
  };
  return { element, note, sharpen };
}

function choice(name, values, chosen, choose) {
  return values.map(([value, text]) => {
    const input = make("input", { type: "radio", name, value, checked: value === chosen });
    input.addEventListener("change", () => choose(value));
    return make("label", { className: "choice" }, input, text);
  });
}

/**
 * Two pictures over each other.
 * @param {object} a a picture of the interface, the one that is laid over.
 * @param {object} b the one that lies below, whose pixels count as 100 %.
 * @param {?Array} transform shares of a to shares of b, two rows of three; null where none is known.
 * @param {object} options `mode`: flicker or swipe; `names`: what both are called; `leads`: whether a
 *   is shown first, and left of the edge; `signal` ends it; `changed` is called with the mode when
 *   somebody chooses another one.
 * @returns {{element: HTMLElement, flip: function(), zoom: function(), show: function(string)}}
 */
export function overlay(a, b, transform, options) {
  let { mode = "flicker" } = options;
  const { names, leads = false, signal, changed = () => {} } = options;
  const over = image(a);
  const below = image(b);
  const layers = [below, over].map((one) => make("div", { className: "layer" }, one.element));
  const ground = make("div", { className: "world" }, ...layers);
  const view = make(
    "div",
    { className: "view", tabIndex: 0, role: "region", "aria-label": "Both pictures; arrow keys move them" },
    ground,
  );
  const line = make("div", { className: "line", "aria-hidden": "true" });
  const place = world(a, b, transform);
  const told = make("span", { className: "shown" });
  const position = make("input", { type: "range", min: 0, max: 100, value: 50, step: 0.5 });
  const [left, right] = leads ? [1, 0] : [0, 1]; // of the layers
  const sides = leads ? names : [names[1], names[0]];
  position.setAttribute("aria-label", `Edge between ${sides[0]} and ${sides[1]}`);
  let upper = leads; // whether the flicker shows a
  let whole = true; // whether all fits into the view
  let timer = null;

  const paint = () => {
    const swiping = mode === "swipe";
    const edge = view.scrollLeft + (view.clientWidth * position.value) / 100;
    line.hidden = !swiping;
    line.style.left = `${position.value}%`;
    layers[left].style.clipPath = swiping ? `inset(0 calc(100% - ${edge}px) 0 0)` : "none";
    layers[right].style.clipPath = swiping ? `inset(0 0 0 ${edge}px)` : "none";
    layers[0].style.visibility = swiping || !upper ? "visible" : "hidden";
    layers[1].style.visibility = swiping || upper ? "visible" : "hidden";
    told.textContent = swiping ? sides.join(" | ") : names[upper ? 0 : 1];
  };
  const lay = () => {
    if (!view.clientWidth) return;
    const scale = layOut(place, view, ground, [below.element, over.element], whole);
    const pixels = scale * devicePixelRatio;
    below.sharpen(Math.max(b.width, b.height) * pixels, !whole);
    over.sharpen(Math.max(a.width, a.height) * Math.min(1, pixels / place.larger), !whole);
    paint();
  };
  const flip = () => {
    upper = !upper;
    paint();
    announce(`Shown: ${told.textContent}`);
  };
  const zoom = () => {
    whole = !whole;
    for (const input of sizes.querySelectorAll("input")) input.checked = (input.value === "fit") === whole;
    lay();
  };
  const turn = make("button", { type: "button", "aria-pressed": "false" }, "Take turns");
  const rest = () => {
    clearInterval(timer);
    timer = null;
    turn.setAttribute("aria-pressed", "false");
  };
  turn.addEventListener("click", () => {
    if (timer !== null) {
      rest();
      return;
    }
    turn.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      upper = !upper;
      paint();
    }, BEAT * (still.matches ? 3 : 1));
  });
  const other = make("button", { type: "button", onclick: flip, title: "Space" }, "Show the other");
  const sizes = make(
    "span",
    { className: "choices", role: "radiogroup", "aria-label": "Size" },
    ...choice("overlay-size", [["fit", "Fit"], ["full", "100 %"]], "fit", zoom),
  );
  const show = (wanted) => {
    mode = wanted;
    if (mode === "swipe") rest();
    for (const button of [other, turn]) button.hidden = mode === "swipe";
    position.hidden = mode !== "swipe";
    paint();
    changed(mode);
  };
  position.addEventListener("input", paint);
  view.addEventListener("scroll", paint);
  drag(view, line, position);
  const watcher = new ResizeObserver(lay);
  watcher.observe(view);
  signal.addEventListener("abort", () => {
    rest();
    watcher.disconnect();
  });
  const element = make(
    "div",
    { className: "overlay" },
    make("div", { className: "tools" }, other, turn, position, sizes, told),
    make("div", { className: "frame" }, view, line),
    make("p", { className: "facts" }, below.note, " ", over.note),
  );
  show(mode);
  return { element, flip, zoom, show };
}
