// Which of several pictures is meant: of a folder that was dropped, or of several files.

import { make } from "./dom.js";
import { path } from "./words.js";

/**
 * Ask which one.
 * @param {string} question to people.
 * @param {File[]} files to choose from.
 * @param {function(File)} then called with the one that was chosen.
 */
export function chooseOne(question, files, then) {
  const sources = [];
  const dialog = make("dialog", { className: "choosing", "aria-label": question });
  const choice = (file) => {
    const source = URL.createObjectURL(file);
    sources.push(source);
    const image = make("img", { alt: "", loading: "lazy", decoding: "async", src: source });
    image.addEventListener("error", () => {
      image.replaceWith(make("span", { className: "missing" }, "no preview"));
    });
    const button = make(
      "button",
      { type: "button", title: path(file.webkitRelativePath || file.name) },
      image,
      make("span", {}, path(file.name)),
    );
    button.addEventListener("click", () => {
      dialog.close();
      then(file);
    });
    return make("li", {}, button);
  };
  const close = make("button", { type: "button" }, "Cancel");
  close.addEventListener("click", () => dialog.close());
  dialog.append(make("h2", {}, question), make("ul", {}, ...files.map(choice)), close);
  dialog.addEventListener("close", () => {
    dialog.remove();
    for (const source of sources) URL.revokeObjectURL(source);
  });
  document.body.append(dialog);
  dialog.showModal();
}
