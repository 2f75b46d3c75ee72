// Three ways to hand over a picture: drop it, paste it, choose it.

import { chooseOne } from "./choosing.js";
import { make } from "./dom.js";

/** What file dialogs offer; not every system takes these for pictures by itself. */
export const ACCEPTED = "image/*,.heic,.heif,.avif,.jp2,.dng,.nef,.cr2,.cr3,.arw,.raf,.orf,.rw2";

const MOST = 200; // pictures of a folder to choose from
const ENDING = /\.(jpe?g|png|gif|webp|avif|heic|heif|tiff?|bmp|jp2|jxl|dng|nef|cr[23]|arw|raf|orf|rw2)$/i;

/** Browsers don't know the type of every picture. */
const isPicture = (file) => file.type.startsWith("image/") || ENDING.test(file.name);

const read = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** The pictures of a folder and those below, as many as can be chosen from. */
async function picturesIn(folder) {
  const found = [];
  const waiting = [folder];
  while (waiting.length && found.length < MOST) {
    const reader = waiting.shift().createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) break;
      for (const entry of some) {
        if (entry.isDirectory) waiting.push(entry);
        else if (ENDING.test(entry.name) && found.length < MOST) found.push(await read(entry));
      }
    }
  }
  return found;
}

/** What was handed over: one file is taken, of several people choose one. */
async function receive(transfer, take, refuse) {
  // Asked for at once: when the event is over, the browser forgets it.
  const entries = [...(transfer?.items ?? [])]
    .map((item) => item.webkitGetAsEntry?.())
    .filter(Boolean);
  const files = [...(transfer?.files ?? [])];
  const folder = entries.find((entry) => entry.isDirectory);
  if (folder) {
    try {
      const found = await picturesIn(folder);
      const told = `“${folder.name}” is a folder`;
      if (found.length) chooseOne(`${told}: which of its pictures?`, found, take);
      else refuse(`${told}, and holds no picture. Put a folder into the library with: lookalike index FOLDER`);
    } catch {
      refuse(`“${folder.name}” is a folder that the browser can't read: drop a picture of it.`);
    }
    return true;
  }
  if (!files.length) return false;
  const pictures = files.filter(isPicture);
  if (pictures.length > 1) chooseOne("Which of these pictures?", pictures.slice(0, MOST), take);
  else take(pictures[0] ?? files[0]); // what isn't known is tried
  return true;
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
  addEventListener("drop", async (event) => {
    event.preventDefault();
    leave();
    const none = "That was no file: save the picture first, or copy and paste it.";
    if (!(await receive(event.dataTransfer, take, refuse))) refuse(none);
  });
  addEventListener("paste", async (event) => {
    const typing = event.target.closest?.("input, textarea");
    if (event.clipboardData?.files.length) event.preventDefault();
    if (await receive(event.clipboardData, take, refuse)) return;
    if (!typing) refuse("There is no picture in the clipboard.");
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
