// Three ways to hand over a picture: drop it, paste it, choose it.

import { make } from "./dom.js";

// Not every system takes these for pictures by itself.
const ACCEPTED = "image/*,.heic,.heif,.avif,.jp2,.dng,.nef,.cr2,.cr3,.arw,.raf,.orf,.rw2";

function pictureOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  // Browsers don't know the type of every picture: what isn't known is tried.
  return files.find((file) => file.type.startsWith("image/")) ?? files[0] ?? null;
}

/** Let the whole page take pictures; `take` is called with a file, `refuse` with a reason. */
export function listen(take, refuse) {
  const veil = document.getElementById("dropping");
  let depth = 0; // every element that is dragged over says so
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const leave = () => {
    depth = 0;
    veil.hidden = true;
  };
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth += 1;
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return;
    depth -= 1;
    if (depth <= 0) leave();
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    leave();
    const file = pictureOf(event.dataTransfer);
    if (file) take(file);
    else refuse("That was no file: save the picture first, or copy and paste it.");
  });
  addEventListener("paste", (event) => {
    const file = pictureOf(event.clipboardData);
    if (file) {
      event.preventDefault();
      take(file);
    } else if (!event.target.closest("input, textarea")) {
      refuse("There is no picture in the clipboard.");
    }
  });
}

/** The field to choose a picture by. */
export function picker(take) {
  const input = make("input", { type: "file", id: "file", accept: ACCEPTED });
  input.addEventListener("change", () => {
    if (input.files[0]) take(input.files[0]);
    input.value = ""; // so that the same file can be chosen again
  });
  return make(
    "div",
    { className: "picker" },
    input,
    make(
      "label",
      { for: "file" },
      make("strong", {}, "Choose a picture"),
      make("span", {}, "or drop one anywhere on this page, or paste one"),
    ),
  );
}
