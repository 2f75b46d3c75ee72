// The grid of pictures: cards that can be reached by Tab, and from each other by the arrow keys.

import { thumbnail } from "./api.js";
import { showDetails } from "./details.js";
import { make } from "./dom.js";
import { edits, kindOf, path } from "./words.js";

function image(picture) {
  const element = make("img", {
    loading: "lazy",
    decoding: "async",
    alt: "",
    src: thumbnail(picture.links, 256),
  });
  element.addEventListener("error", () => {
    element.replaceWith(make("span", { className: "missing" }, "no preview"));
  });
  return element;
}

function facts(picture) {
  const near = picture.similarity ?? null;
  return make(
    "span",
    { className: "facts" },
    make("span", {}, `${picture.width} × ${picture.height}`),
    near === null ? null : make("span", {}, `similarity ${near.toFixed(2)}`),
    (picture.member ?? null) === null ? null : make("span", {}, path(picture.member)),
    (picture.part ?? null) === null ? null : make("span", {}, "a detail of it"),
    picture.relation ? make("span", {}, picture.relation) : null,
    picture.edits?.length ? make("span", { className: "edits" }, edits(picture.edits)) : null,
  );
}

function distance(picture, kind) {
  const far = `${picture.distance}/${picture.bits} bits`;
  const title = `${kind.told}: ${picture.distance} of ${picture.bits} bits differ (${picture.code})`;
  return make(
    "span",
    { className: `kind ${picture.kind}`, title },
    kind.name,
    make("span", { className: "facts" }, far),
  );
}

// Too long a name loses its middle: files that belong together often differ at the end.
function shortened(name) {
  const letters = Array.from(name);
  const tail = letters.length > 14 ? letters.splice(-9).join("") : "";
  return [make("span", { className: "head" }, letters.join("")), make("span", {}, tail)];
}

/** The card of a picture, or of a hit, which has a kind too. */
export function card(picture) {
  const name = path(picture.name);
  const kind = picture.kind === undefined ? null : kindOf(picture.kind);
  const what = kind === null ? name : `${name}, ${kind.told}`;
  const element = make(
    "li",
    { className: "card" },
    make(
      "a",
      {
        className: "picture",
        href: picture.links.page,
        title: `Search for ${name}`,
        "aria-label": `Search for ${what}`,
      },
      image(picture),
    ),
    kind && distance(picture, kind),
    make(
      "button",
      {
        type: "button",
        className: "name",
        title: `Details of ${name}`,
        "aria-label": `Details of ${what}`,
        onclick: () => showDetails(picture),
      },
      ...shortened(name),
    ),
    facts(picture),
  );
  return element;
}

function columns(cards) {
  const top = cards[0].offsetTop;
  const other = cards.findIndex((item) => item.offsetTop !== top);
  return other < 0 ? cards.length : other;
}

/** A grid of cards. */
export function grid(pictures) {
  const list = make("ul", { className: "grid" }, ...pictures.map(card));
  list.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down" };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = [...list.children].filter((item) => !item.hidden);
    const at = shown.findIndex((item) => item.contains(document.activeElement));
    if (at < 0) return;
    const across = columns(shown);
    const to = at + (step === "up" ? -across : step === "down" ? across : step);
    if (to < 0 || to >= shown.length) return;
    event.preventDefault();
    shown[to].querySelector("a").focus();
  });
  return list;
}
