// The two pictures that are to be compared: how one comes into its place.

import { thumbnail } from "./api.js";
import { changed } from "./addresses.js";
import { fill, make } from "./dom.js";
import { ACCEPTED } from "./picking.js";
import { go } from "./router.js";
import { sendShown } from "./upload.js";
import { path } from "./words.js";

/**
 * A place for a picture.
 * @param {string} name of the parameter: "a" or "b".
 * @param {?object} subject that is there, with `name`, `facts` and `links`.
 * @param {URL} address of the view.
 */
export function slot(name, subject, address) {
  const id = `file-${name}`;
  const input = make("input", { type: "file", id, accept: ACCEPTED, className: "hidden" });
  input.addEventListener("change", async () => {
    const file = input.files[0];
    const kept = file ? await sendShown(file) : null;
    if (kept !== null) go(changed(address, { [name]: kept.id }));
  });
  const choose = make(
    "span",
    { className: "adder" },
    input,
    make("label", { for: id, className: "button" }, subject ? "Another file" : "Choose a file"),
  );
  const letter = name.toUpperCase();
  const box = make("section", { className: "slot", "aria-label": `Picture ${letter}` });
  if (!subject) {
    fill(
      box,
      make("h2", {}, `Picture ${letter}`),
      make("p", {}, "Choose a file here, or find one by Search or in the Library and press ⇄ (or the key c) on it."),
      make("p", { className: "buttons" }, choose),
    );
    return box;
  }
  const image = make("img", { alt: "", src: thumbnail(subject.links, 256) });
  image.addEventListener("error", () => image.replaceWith(make("span", { className: "missing" }, "no preview")));
  const shown = path(subject.name);
  fill(
    box,
    image,
    make(
      "div",
      {},
      make(
        "h2",
        {},
        `${letter}: `,
        subject.page ? make("a", { href: subject.page }, shown) : shown,
      ),
      make("p", { className: "facts" }, subject.facts),
      subject.path && make("p", { className: "path" }, path(subject.path)),
      make(
        "p",
        { className: "buttons" },
        choose,
        make("a", { className: "button", href: changed(address, { [name]: null }) }, "Take away"),
      ),
    ),
  );
  return box;
}
