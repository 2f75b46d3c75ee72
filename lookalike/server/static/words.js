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
  alike: { name: "Alike", told: "another picture, by what it shows" },
};
