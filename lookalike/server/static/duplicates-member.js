// A picture of a group of duplicates: what is known of it, and what is decided about it.

import { thumbnail } from "./api.js";
import { decided, mayGo } from "./duplicates-decisions.js";
import { make } from "./dom.js";
import { KINDS } from "./duplicates-groups.js";
import { bytes, date, edits, path } from "./words.js";

function taken(picture) {
  if (picture.taken === null) return "not said";
  return picture.taken.replace("T", " ").slice(0, 16);
}

/** Facts as rows: [name, text, whether it differs from the proposed one]. */
function facts(picture, first) {
  const rows = [
    ["Size", (one) => `${one.width} × ${one.height}`],
    ["File", (one) => `${one.format}, ${bytes(one.bytes)}`],
    ["Taken", taken],
    ["Changed", (one) => date(one.modified)],
  ];
  return rows.map(([name, tell]) => [name, tell(picture), tell(picture) !== tell(first)]);
}

function why(group, picture) {
  return picture.id === group.keep.id ? picture.why : edits(picture.edits);
}

/**
 * The card of a picture.
 * @param {object} group of the interface.
 * @param {object} picture of it.
 * @param {object} acts keep, mark, reject and look, each called with the picture.
 */
export function member(group, picture, acts) {
  const name = path(picture.name);
  const first = picture.id === group.keep.id;
  const image = make("img", { alt: "", src: thumbnail(picture.links, 512) });
  const frame = make(
    "button",
    { type: "button", className: "frame", "aria-label": `Look at ${name}`, onclick: () => acts.look(picture) },
    image,
  );
  image.addEventListener("error", () => {
    image.replaceWith(make("span", { className: "missing" }, "no preview"));
  });
  const kind = first ? "Proposed to be kept" : (KINDS[picture.kind] ?? picture.kind);
  const badge = make("strong", { className: "badge" });
  const button = (words, key, act) =>
    make("button", { type: "button", title: key, "aria-label": `${words}: ${name}`, onclick: () => act(picture) }, words);
  const keep = button("Keep", "k", acts.keep);
  const remove = button("Remove", "x", acts.mark);
  const apart = button("No duplicate", "r", acts.reject);
  apart.hidden = first || picture.kind === "same-bytes";
  remove.hidden = !mayGo(group, picture);
  const element = make(
    "li",
    { className: "member" },
    frame,
    make("p", { className: "line" }, badge, make("span", {}, why(group, picture))),
    make("p", { className: "name" }, name),
    make(
      "dl",
      {},
      ...facts(picture, group.keep).flatMap(([term, text, other]) => [
        make("dt", {}, term),
        make("dd", { className: other ? "differs" : "" }, text),
      ]),
    ),
    make("p", { className: "path" }, path(picture.path), picture.member ? `, ${path(picture.member)}` : null),
    picture.away ? make("p", { className: "facts" }, "Away: its disk is unplugged, or the file is gone.") : null,
    make("p", { className: "buttons" }, keep, remove, apart),
  );
  const tell = () => {
    const now = decided(group);
    const kept = now.keep === picture.id && now.any;
    const going = now.remove.has(picture.id);
    const other = now.different.has(picture.id);
    element.classList.toggle("kept", kept);
    element.classList.toggle("going", going);
    element.classList.toggle("apart", other);
    keep.setAttribute("aria-pressed", String(kept));
    remove.setAttribute("aria-pressed", String(going));
    apart.setAttribute("aria-pressed", String(other));
    badge.textContent = other ? "No duplicate" : going ? "Remove" : kept ? "Keep" : kind;
    for (const one of [keep, remove, apart]) one.disabled = now.settled || (other && one !== apart);
  };
  tell();
  return { element, tell, focus: () => frame.focus() };
}
