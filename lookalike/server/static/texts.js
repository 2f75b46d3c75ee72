// Searching by words: the form for them, and what is told where the library's model knows none.

import { changed } from "./addresses.js";
import { make } from "./dom.js";
import { go } from "./router.js";

const LONGEST = 1000; // characters that the interface takes

const COMMAND = "lookalike reindex --model hub:Xenova/clip-vit-base-patch32";

/** Whether the model of a library knows texts, by its status. */
export const knowsTexts = (status) => status.codes.some((code) => code.texts);

/** What to do where it doesn't, in words. */
export function noTexts() {
  return make(
    "p",
    {},
    "The model of this library knows no words. One that does comes by ",
    make("code", {}, COMMAND),
    ", run where the server runs: it reads all pictures anew.",
  );
}

/**
 * The form for words; or what is to be known where there are none.
 * @param {object} status of the library.
 * @param {string} text that is asked for already.
 * @returns {HTMLElement}
 */
export function textForm(status, text = "") {
  if (!knowsTexts(status)) {
    return make("details", { className: "texts" }, make("summary", {}, "Search by words"), noTexts());
  }
  const input = make("input", {
    id: "text",
    type: "search",
    value: text,
    placeholder: "a red boat",
    maxLength: LONGEST,
    autocomplete: "off",
    required: true,
  });
  const form = make(
    "form",
    { className: "texts", role: "search" },
    make("label", { for: "text" }, "Search by words"),
    input,
    make("button", { type: "submit" }, "Search"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = input.value.trim();
    const here = new URL(location.href);
    // What filters the hits stays for other words.
    const from = here.pathname === "/text" ? here : new URL("/text", here);
    if (words) go(changed(from, { text: words }));
  });
  return form;
}
