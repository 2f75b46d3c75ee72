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
  const far = picture.distance === null ? "" : `${picture.distance}/${picture.bits} bits`;
  const title = far ? `${kind.told}: ${picture.distance} of ${picture.bits} bits differ (${picture.code})` : kind.told;
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

// By the mouse, or by the keys on the picture; the details have them, too.
function actions(list, of) {
  return make(
    "span",
    { className: "acts" },
    ...list.map(({ sign, name, href }) =>
      make("a", { href, tabIndex: -1, title: name, "aria-label": `${name}: ${of}` }, sign),
    ),
  );
}

/**
 * The card of a picture, or of a hit, which has a kind too.
 * @param {object} picture to show.
 * @param {function(object): object[]} acts what can be done with it: each with `key`, `sign`,
 *   `name` and `href`.
 */
export function card(picture, acts = () => []) {
  const name = path(picture.name);
  const kind = picture.kind === undefined ? null : kindOf(picture.kind);
  const what = kind === null ? name : `${name}, ${kind.told}`;
  const away = picture.away ? ", away" : "";
  const can = acts(picture);
  const link = make(
    "a",
    {
      className: "picture",
      href: picture.links.page,
      title: `Search for ${name}`,
      "aria-label": `Search for ${what}${away}`,
    },
    image(picture),
    picture.away &&
      make("span", { className: "away", title: "The file can't be reached: its disk is unplugged, or it is gone" }, "away"),
  );
  link.addEventListener("keydown", (event) => {
    const act = can.findIndex((one) => one.key === event.key);
    if (act < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    link.parentElement.querySelectorAll(".acts a")[act].click();
  });
  return make(
    "li",
    { className: "card" },
    link,
    kind && distance(picture, kind),
    make(
      "button",
      {
        type: "button",
        className: "name",
        title: `Details of ${name}`,
        "aria-label": `Details of ${what}`,
        onclick: () => showDetails(picture, can),
      },
      ...shortened(name),
    ),
    facts(picture),
    can.length ? actions(can, name) : null,
  );
}

function columns(cards) {
  const top = cards[0].offsetTop;
  const other = cards.findIndex((item) => item.offsetTop !== top);
  return other < 0 ? cards.length : other;
}

/** Let the arrow keys go around the cards of a list. */
export function arrows(list) {
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

/** A grid of cards. */
export const grid = (pictures, acts) =>
  arrows(make("ul", { className: "grid" }, ...pictures.map((one) => card(one, acts))));
