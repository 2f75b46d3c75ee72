// Numbers, sizes and paths for people.

const UNITS = ["kB", "MB", "GB", "TB"];

/** Bytes in powers of 1000: 917 B, 12.3 kB. */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  let value = count;
  let unit = "";
  for (unit of UNITS) {
    value /= 1000;
    if (value < 999.95) break;
  }
  return `${value.toFixed(1)} ${unit}`;
}

/** Such as "1 picture" and "1,510 pictures". */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

// Control characters, marks that turn the direction of text, and bytes that aren't UTF-8 (lone
// surrogates): such a path is shown as its JSON string, from which its bytes can be had again.
const AWKWARD = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const ESCAPED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A path as the command line shows it. */
export function path(text) {
  if (!text.startsWith('"') && !AWKWARD.test(text)) return text;
  return JSON.stringify(text).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A time of the interface as a date of this place. */
export function date(text) {
  return new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** What the kinds of hits are called, best first. */
export const KINDS = {
  "same-bytes": { name: "Same file", told: "the same file, byte for byte" },
  "same-pixels": { name: "Same pixels", told: "another file with the same pixels" },
  edited: { name: "Edited", told: "an edited copy of it" },
  part: { name: "Part", told: "a part of it, or it is a part of this, or both overlap" },
  alike: { name: "Alike", told: "another picture, by what it shows" },
};

/** What a kind is called; a newer server may know kinds that this page doesn't. */
export const kindOf = (kind) => KINDS[kind] ?? { name: kind, told: kind };

const EDITS = {
  mirror: () => "mirrored",
  rotate: (edit) => `turned by ${Math.abs(edit.degrees)}°`,
  resize: (edit) =>
    edit.factor < 1 ? `${Math.round(100 * edit.factor)} % of the size` : `${edit.factor.toFixed(1)} times the size`,
  stretch: () => "stretched",
  border: (edit) => (edit.of === "hit" ? "without the border" : "with a border"),
  recompress: () => "saved anew",
  grey: (edit) => (edit.of === "hit" ? "in colour" : "without colour"),
  brightness: (edit) => (edit.amount < 0 ? "darker" : "brighter"),
  contrast: (edit) => (edit.amount < 1 ? "less contrast" : "more contrast"),
  colour: () => "other colours",
  blur: (edit) => (edit.of === "hit" ? "sharper" : "blurred"),
  noise: (edit) => (edit.of === "hit" ? "less noise" : "more noise"),
  overlay: (edit) => (edit.of === "hit" ? "without what is laid over it" : "something laid over it"),
  screenshot: (edit) => (edit.of === "hit" ? "cut from a screen" : "on a screen"),
};

/** Edits in words, from the library's picture to the one that was asked for. */
export const edits = (list) =>
  [...new Set(list.map((edit) => (EDITS[edit.name] ?? (() => edit.name))(edit)))].join(", ");
