// The plan: what would be done to which files; having it as a file, doing it, undoing it.

import { PREFIX, send, status } from "./api.js";
import { applying } from "./duplicates-apply.js";
import { forget, marked } from "./duplicates-decisions.js";
import { busy, complaint, fill, make } from "./dom.js";
import { journal } from "./duplicates-journal.js";
import { logsIn } from "./login.js";
import { bytes, counted, path } from "./words.js";

const STEP = 200; // groups of the plan that are shown at once

function fileLine(word, file) {
  const why = file.why ? `: ${file.why}` : "";
  return make(
    "li",
    { className: word },
    make("strong", {}, word === "keep" ? "Keep" : "Remove"),
    make("span", { className: "path" }, path(file.path)),
    make("span", { className: "facts" }, `${bytes(file.bytes)}${why}`),
  );
}

function groupLines(group) {
  return make(
    "li",
    {},
    make(
      "ul",
      { className: "planned" },
      ...group.keep.map((file) => fileLine("keep", file)),
      ...group.act.map((file) => fileLine("act", file)),
    ),
  );
}

function listed(plan) {
  const list = make("ol", { className: "plan" });
  const more = make("button", { type: "button", className: "more" }, "Show more");
  const grow = () => {
    const from = list.children.length;
    list.append(...plan.groups.slice(from, from + STEP).map(groupLines));
    more.hidden = list.children.length >= plan.groups.length;
  };
  more.addEventListener("click", grow);
  grow();
  return [list, more];
}

/** Where somebody has logged in without the right to change files. */
function loginForChanges(then) {
  const input = make("input", { type: "password", id: "changing", autocomplete: "current-password", required: true });
  const wrong = make("div");
  const form = make(
    "form",
    { className: "buttons" },
    make("label", { for: "changing" }, "Token for changes, as lookalike serve printed it"),
    input,
    make("button", { type: "submit" }, "Log in with it"),
  );
  logsIn(form, input, wrong, then);
  return make("div", {}, form, wrong);
}

/** How to do the plan where the server may not, or whoever asks. */
function byHand({ changes_allowed: allowed }, then) {
  const lines = [
    "lookalike duplicates --plan plan.json --apply trash",
    "lookalike duplicates --plan plan.json --apply trash --yes",
    "lookalike undo",
  ];
  return make(
    "section",
    {},
    make("h2", {}, "Doing it"),
    make(
      "p",
      {},
      `${allowed ? "Without the token for changes, s" : "This server changes no files. S"}ave the plan, and run on the machine of the library: the first line tries it, ` +
        "the second one does it, the third one takes it back. Instead of trash there are move:FOLDER, hardlink and reflink.",
    ),
    make("pre", { tabIndex: 0, "aria-label": "Commands" }, lines.join("\n")),
    allowed ? loginForChanges(then) : make("p", { className: "facts" }, "Or start it with: lookalike serve --allow-changes"),
  );
}

function refused(list) {
  if (!list.length) return null;
  return make(
    "section",
    {},
    make("h2", {}, `${counted(list.length, "file")} left out`),
    make("ul", {}, ...list.map((one) => make("li", {}, make("span", { className: "path" }, path(one.path)), ` ${one.why}`))),
  );
}

function nothing(place) {
  fill(
    place,
    make("h1", {}, "The plan"),
    make("p", {}, "Nothing is marked for removal yet. Mark pictures in the groups, or take their proposals."),
  );
}

/** Fill the page. */
export async function show(place, signal) {
  document.title = "The plan – lookalike";
  const body = make("div", { className: "duplicates" });
  const past = make("div", { className: "duplicates" });
  const back = make("p", {}, make("a", { href: "/duplicates" }, "All groups"));
  fill(place, back, body, past);
  const server = await status(signal);
  const may = Boolean(server.changes_allowed && (server.scopes ?? ["change"]).includes("change"));
  const again = () => journal(past, may, signal);
  const done = (report) => {
    fill(body, make("h1", { tabIndex: -1 }, "Done"), report);
    body.querySelector("h1").focus();
    return again();
  };
  await again();
  const groups = marked();
  if (!groups.length) {
    nothing(body);
    return;
  }
  fill(body, busy("Making the plan…"));
  let made;
  try {
    made = await send("POST", "/plans", { groups }, signal);
  } catch (error) {
    if (error.name === "AbortError" || error.status === 401) throw error;
    const drop = make("button", { type: "button" }, "Forget the marks");
    drop.addEventListener("click", () => {
      forget();
      nothing(body);
    });
    fill(body, make("h1", {}, "The plan"), complaint(error.message), drop);
    return;
  }
  const save = make(
    "a",
    { className: "button main", href: `${PREFIX}/plans/${encodeURIComponent(made.id)}`, download: "plan.json" },
    "Save the plan",
  );
  fill(
    body,
    make("h1", {}, `The plan: ${counted(made.files, "file")}, ${bytes(made.bytes_to_free)}`),
    make("p", { className: "buttons" }, save),
    may ? applying(made, signal, done) : byHand(server, () => show(place, signal)),
    refused(made.refused),
    make("h2", {}, "What stays, and what goes"),
    ...listed(made.plan),
  );
}
