// The dialog that tells all about one picture.

import { details, download, thumbnail } from "./api.js";
import { announce, complaint, fill, make } from "./dom.js";
import { bytes, counted, date, edits, kindOf, path } from "./words.js";

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without HTTPS browsers offer no clipboard but to this very machine: the old way.
    const area = make("textarea", { value: text, className: "hidden" });
    button.after(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = done ? "Copied" : "Select the path and copy it";
  announce(done ? "The path is copied." : "The path can't be copied.");
}

function facts(picture, told) {
  const rows = [
    ["Size", `${told.width} × ${told.height} pixels`],
    ["File", `${told.format}, ${bytes(told.bytes)}, changed ${date(told.modified)}`],
  ];
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

/** Show a picture or a hit in the dialog. */
export async function showDetails(picture) {
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
  copyButton.addEventListener("click", () => copy(shown, copyButton));
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
      open,
      save,
    ),
    told,
  );
  const before = document.activeElement;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    // Beside it, or on its way to another page.
    if (event.target === dialog || event.target.closest("a.main")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  try {
    const found = await details(picture.id);
    const gone = "The file has changed or gone since it was indexed: run lookalike index.";
    fill(told, found.unchanged ? null : complaint(gone), facts(picture, found));
  } catch (error) {
    fill(told, complaint(error.message));
  }
}
