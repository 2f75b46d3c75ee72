// The dialog that tells all about one picture.

import { details, download, thumbnail } from "./api.js";
import { copy } from "./copying.js";
import { announce, complaint, fill, make } from "./dom.js";
import { bytes, counted, date, edits, kindOf, path } from "./words.js";

async function copyPath(text, button) {
  const done = await copy(text, button);
  button.textContent = done ? "Copied" : "Select the path and copy it";
  announce(done ? "The path is copied." : "The path can't be copied.");
}

function facts(picture, told) {
  const rows = [
    ["Size", `${told.width} × ${told.height} pixels`],
    ["File", `${told.format}, ${bytes(told.bytes)}, changed ${date(told.modified)}`],
  ];
  if (told.taken !== null) rows.push(["Taken", date(told.taken)]);
  if (told.camera !== null) rows.push(["Camera", told.camera]);
  if (told.member !== null) rows.splice(1, 0, ["Picture", `${path(told.member)} of the file`]);
  if (picture.kind !== undefined) {
    if (picture.edits.length) rows.unshift(["Edits", edits(picture.edits)]);
    rows.unshift(["Is", kindOf(picture.kind).told + (picture.verified ? "" : ", by its code")]);
    const far = `${picture.distance} of ${picture.bits} bits differ (${picture.code})`;
    const near = picture.similarity === null ? "" : `, similarity ${picture.similarity.toFixed(2)}`;
    rows.push(["Distance", far + near]);
    if (picture.chance !== null) {
      const count = picture.chance < 0.001 ? "less than 0.001" : picture.chance.toPrecision(2);
      rows.push(["Chance", `${count} hits as near as this are to be expected by chance`]);
    }
  }
  if (told.copies.length) {
    rows.push(["Copies", `${counted(told.copies.length, "other file")} with the same bytes`]);
  }
  return make(
    "dl",
    {},
    ...rows.flatMap(([term, text]) => [make("dt", {}, term), make("dd", {}, text)]),
  );
}

/** What is the matter with the file; null if nothing is. */
function trouble(told) {
  if (told.away) {
    const away = "The file can't be reached now: its disk is unplugged, or it is gone.";
    return make("p", { className: "message" }, `${away} What is shown is the library's own preview.`);
  }
  if (told.unchanged) return null;
  return complaint("The file has changed since it was indexed: run lookalike index.");
}

/**
 * Show a picture or a hit in the dialog.
 * @param {object} picture to show.
 * @param {object[]} acts what else can be done with it, see cards.js.
 */
export async function showDetails(picture, acts = []) {
  const close = make("button", {
    type: "button",
    className: "close",
    "aria-label": "Close",
    title: "Close (Esc)",
    textContent: "×",
  });
  const large = make("img", { alt: "", src: thumbnail(picture.links, 1024) });
  const frame = make("div", { className: "large" }, large);
  large.addEventListener("error", () => {
    fill(frame, make("span", { className: "missing" }, "no preview"));
  });
  const told = make("div", { className: "told" }, make("p", {}, "…"));
  const shown = path(picture.path);
  const copyButton = make("button", { type: "button" }, "Copy path");
  copyButton.addEventListener("click", () => copyPath(shown, copyButton));
  const open = make("a", { className: "button", target: "_blank", rel: "noopener" }, "Open file");
  open.href = picture.links.original;
  const save = make("a", { className: "button", href: download(picture.links) }, "Download");
  const dialog = make(
    "dialog",
    { className: "details", "aria-label": `Details of ${path(picture.name)}` },
    close,
    frame,
    make("h2", {}, path(picture.name)),
    make("p", { className: "path" }, shown),
    make(
      "p",
      { className: "buttons" },
      make("a", { className: "button main", href: picture.links.page }, "Search for it"),
      copyButton,
      ...(picture.away ? [] : [open, save]),
      ...acts.map(({ name, href }) => make("a", { className: "button", href }, name)),
    ),
    told,
  );
  const before = document.activeElement;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    // Beside it, or on its way to another page.
    if (event.target === dialog || event.target.closest("a:not([target])")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  try {
    const found = await details(picture.id);
    fill(told, trouble(found), facts(picture, found));
  } catch (error) {
    fill(told, complaint(error.message));
  }
}
