// Doing a plan: trying it first, asking once, and telling what became of each file.

import { send } from "./api.js";
import { forget } from "./duplicates-decisions.js";
import { announce, complaint, fill, make } from "./dom.js";
import { renew } from "./duplicates-groups.js";
import { watched } from "./jobs.js";
import { bytes, counted, path } from "./words.js";

const ACTIONS = {
  trash: "to the trash of that machine",
  move: "to a folder",
  hardlink: "replaced by hard links to the kept file (same bytes only)",
  reflink: "replaced by clones of the kept file (same bytes only)",
};
const STEP = 200; // files that are shown at once

function fileRow(file) {
  const told = [file.why, file.to && `→ ${path(file.to)}`, ...file.notes].filter(Boolean).join("; ");
  const only = file.only_here.length
    ? `only here: ${file.only_here.join(", ")}${file.saved ? `, written to ${path(file.saved)}` : ""}`
    : null;
  return make(
    "tr",
    { className: file.result },
    make("td", {}, { would: "would go", done: "done", left: "left alone", failed: "failed" }[file.result] ?? file.result),
    make("td", { className: "path" }, path(file.path)),
    make("td", {}, bytes(file.bytes)),
    make("td", {}, [told, only].filter(Boolean).join("; ")),
  );
}

/** What became of the files, or would. */
function report(result) {
  const order = { failed: 0, left: 1 };
  const files = [...result.files].sort((a, b) => (order[a.result] ?? 2) - (order[b.result] ?? 2));
  const body = make("tbody", {}, ...files.slice(0, STEP).map(fileRow));
  const acted = result.done + result.would;
  const would = result.dry_run ? " would be acted on" : " acted on";
  const free = result.action === "trash" ? "to free by emptying the trash" : result.dry_run ? "to free" : "freed";
  const line =
    `${counted(acted, "file")}${would}, ${result.left.toLocaleString("en")} left alone, ` +
    `${result.failed.toLocaleString("en")} failed${result.freed ? `; ${bytes(result.freed)} ${free}` : ""}.`;
  announce(line);
  return make(
    "div",
    {},
    result.stopped ? complaint(`Stopped: ${result.stopped}`) : null,
    make("p", { className: "summary" }, line),
    result.library ? complaint(result.library) : null,
    make(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Files" },
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, ...["Result", "File", "Size", "Told"].map((text) => make("th", { scope: "col" }, text)))),
        body,
      ),
    ),
    files.length > STEP ? make("p", {}, `And ${counted(files.length - STEP, "other file")}.`) : null,
  );
}

/** Ask once, with all that is going to happen. */
function confirmed(result, words) {
  return new Promise((resolve) => {
    const yes = make("button", { type: "button", className: "main" }, "Do it");
    const size = result.files.reduce((sum, one) => sum + (one.result === "would" ? one.bytes : 0), 0);
    const no = make("button", { type: "button", autofocus: true }, "Leave everything as it is");
    const dialog = make(
      "dialog",
      { className: "asking", "aria-label": "Do the plan" },
      make("h2", {}, `${counted(result.would, "file")} ${words}?`),
      make("p", {}, `${bytes(size)} in all. Each file is read once more before its turn, and left alone if anything is otherwise.`),
      make("p", {}, result.warning || "It can be undone here, or by: lookalike undo"),
      report(result),
      make("p", { className: "buttons" }, no, yes),
    );
    let answer = false;
    yes.addEventListener("click", () => {
      answer = true;
      dialog.close();
    });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * The part of the page that does a plan.
 * @param {object} made the plan of the interface.
 * @param {AbortSignal} signal aborted when the view is left.
 * @param {function(HTMLElement)} then called with the report after something was done.
 */
export function applying(made, signal, then) {
  const place = make("div", { "aria-live": "polite" });
  const choice = make(
    "select",
    { id: "action" },
    ...Object.entries(ACTIONS).map(([value, text]) => make("option", { value }, `${value}: ${text}`)),
  );
  const folder = make("input", { type: "text", id: "to", placeholder: "/home/ana/aside", hidden: true });
  folder.setAttribute("aria-label", "Folder to move to, on the machine of the library");
  const save = make("input", { type: "checkbox" });
  const keeping = make("label", { className: "choice" }, save, "write what only a file that goes says (date, position, rating) beside the kept one");
  const go = make("button", { type: "button", className: "main" }, "See what would happen");
  const shape = () => {
    folder.hidden = choice.value !== "move";
    keeping.hidden = choice.value !== "move" && choice.value !== "trash";
  };
  choice.addEventListener("change", shape);
  const run = async (dry, words) => {
    const action = choice.value === "move" ? `move:${folder.value.trim()}` : choice.value;
    const options = { action, dry_run: dry, save_metadata: save.checked };
    const job = await send("POST", `/plans/${encodeURIComponent(made.id)}/apply`, options, signal);
    const done = await watched(place, job, signal, words);
    if (done.state === "failed") throw new Error(done.error.message);
    return done.result;
  };
  const act = async () => {
    if (choice.value === "move" && !folder.value.trim()) {
      fill(place, complaint("Name the folder to move to, with its whole path."));
      folder.focus();
      return;
    }
    const tried = await run(true, "Checking each file");
    if (!tried.would) {
      fill(place, complaint("Nothing can be done to any of these files."), report(tried));
      return;
    }
    if (!(await confirmed(tried, ACTIONS[choice.value]))) {
      fill(place, make("p", {}, "Nothing was touched."));
      go.focus();
      return;
    }
    const result = await run(false, "Doing the plan");
    forget();
    renew();
    await then(report(result));
  };
  go.addEventListener("click", async () => {
    go.disabled = true;
    try {
      await act();
    } catch (error) {
      if (error.name !== "AbortError") fill(place, complaint(error.message));
    }
    go.disabled = false;
  });
  shape();
  return make(
    "section",
    {},
    make("h2", {}, "Doing it"),
    make("p", { className: "buttons" }, make("label", { for: "action" }, "What becomes of the files"), choice, folder),
    keeping,
    make("p", { className: "buttons" }, go),
    place,
  );
}
