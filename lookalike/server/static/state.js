// How the library is: its folders and codes, what isn't in it and why, and its test of itself.

import * as api from "./api.js";
import { busy, complaint, fill, make } from "./dom.js";
import { emptyLibrary } from "./empty.js";
import { begin, running, watched } from "./jobs.js";
import { halves } from "./library.js";
import { counted, date, path } from "./words.js";

const STEP = 100; // files of the ledger at once

function table(heading, names, rows, told, level = "h2") {
  const body = make("tbody", {}, ...rows.map(row));
  const element = make(
    "section",
    {},
    make(level, {}, heading),
    told ? make("p", {}, told) : null,
    make(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": heading },
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, ...names.map((n) => make("th", { scope: "col" }, n)))),
        body,
      ),
    ),
  );
  return { element, body };
}

const row = (texts) => make("tr", {}, ...texts.map((text) => make("td", {}, text)));

function folders(found) {
  const offline = found.folders.filter((folder) => !folder.online).length;
  const told = offline
    ? `${counted(offline, "folder")} can't be reached now. What is known of their pictures stays: they are found and shown, marked “away”.`
    : null;
  const rows = found.folders.map((folder) => [
    path(folder.path),
    folder.pictures.toLocaleString("en"),
    [
      folder.online ? path(folder.note) || "online" : `offline: it ${path(folder.note)}`,
      folder.everything ? "with programs' own folders" : "",
      ...folder.exclude.map((pattern) => `without ${path(pattern)}`),
    ]
      .filter(Boolean)
      .join(", "),
  ]);
  return table("Folders", ["Folder", "Pictures", "State"], rows, told).element;
}

function codes(found) {
  const rows = found.codes.map((code) => [
    code.name,
    String(code.bits),
    code.pictures.toLocaleString("en") +
      (code.stale ? ` (${code.stale.toLocaleString("en")} old: run lookalike reindex)` : ""),
    code.index,
  ]);
  return table("Codes", ["Code", "Bits", "Pictures", "Searched by"], rows).element;
}

function changes(found) {
  if (!found.changes_count) return [];
  const rest = found.changes_count - found.changes.length;
  const heading = `${counted(found.changes_count, "change")} in the last run`;
  const rows = found.changes.map((change) => [
    change.what,
    path(change.path),
    change.from === null ? "" : path(change.from),
  ]);
  return [
    table(heading, ["Change", "File", "Before"], rows).element,
    rest > 0 ? make("p", {}, `And ${counted(rest, "other")}: lookalike status has more.`) : null,
  ];
}

/** The files of one cause, with what to do about them; more of them at a press. */
async function cause(group, signal) {
  const ask = (after) => api.ledger({ group: group.name, limit: STEP, after }, signal);
  const heading = `${group.title[0].toUpperCase()}${group.title.slice(1)}: ${counted(group.files, "file")}`;
  const rowOf = (entry) => [path(entry.path), path(entry.reason)];
  const names = ["File", group.name === "loss" ? "What is lost" : "Why"];
  const first = await ask(0);
  const advice = `What to do: ${group.advice}.`;
  const level = group.name === "loss" ? "h2" : "h3";
  const { element, body } = table(heading, names, first.files.map(rowOf), advice, level);
  let next = first.next;
  if (next === null) return element;
  const more = make("button", { type: "button" }, "Show more");
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const found = await ask(next);
      body.append(...found.files.map((entry) => row(rowOf(entry))));
      next = found.next;
      more.hidden = next === null;
    } catch (error) {
      if (error.name !== "AbortError") more.before(complaint(error.message));
    }
    more.disabled = false;
  });
  element.append(more);
  return element;
}

/** A job's box: what it does now, and what came of it. */
async function follow(place, job, signal, words, then) {
  try {
    const done = await watched(place, job, signal, words);
    if (done.state === "failed") fill(place, complaint(done.error.message));
    else then(done);
  } catch (error) {
    if (error.name !== "AbortError") fill(place, complaint(error.message));
  }
}

/** Whose button to stop is gone finds the focus at the one to begin. */
function keepFocus(button) {
  if (document.activeElement === document.body) button.focus({ preventScroll: true });
}

/** What came of indexing, in words. */
function indexed(result) {
  const names = ["added", "updated", "moved", "missing", "skipped", "failed", "lossy"];
  const told = names
    .filter((name) => result?.[name] > 0)
    .map((name) => `${result[name].toLocaleString("en")} ${name}`);
  return told.length ? told.join(", ") : "nothing has changed";
}

function indexing(found, signal, again) {
  const place = make("div");
  const section = make("section", {}, make("h2", {}, "Index"));
  if (!found.changes_allowed) {
    section.append(
      make(
        "p",
        {},
        "To find new and changed pictures, run ",
        make("code", {}, "lookalike index"),
        ". A server that was started with ",
        make("code", {}, "--allow-changes"),
        " does it from here.",
      ),
    );
    return section;
  }
  if (!found.scopes.includes("change")) {
    section.append(make("p", {}, "Log in with the token for changes to index from here: lookalike serve printed it."));
    return section;
  }
  const end = (job) => {
    const stopped = job.state === "stopped" ? "Stopped: " : "Done: ";
    fill(place, make("p", { className: "message", role: "status" }, `${stopped}${indexed(job.result)}.`));
    again();
    keepFocus(all);
  };
  const start = async (folder) => {
    try {
      const job = await begin("index", folder ? { folders: [folder] } : {}, signal);
      await follow(place, job, signal, "Indexing", end);
    } catch (error) {
      if (error.name !== "AbortError") fill(place, complaint(error.message));
    }
  };
  const all = make("button", { type: "button", className: "main" }, "Look for new and changed pictures");
  all.addEventListener("click", () => start(null));
  const input = make("input", { id: "folder", placeholder: "/home/ana/photos", spellcheck: false, required: true });
  const form = make(
    "form",
    { className: "do" },
    make("label", { for: "folder" }, "Another folder of the server's machine"),
    input,
    make("button", { type: "submit" }, "Index it"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start(input.value.trim());
  });
  section.append(make("p", { className: "do" }, all), form, place);
  running("index", signal).then(
    (job) => job && follow(place, job, signal, "Indexing", end),
    () => null,
  );
  return section;
}

/** The self-test's last result, and a way to run it. */
async function selftest(signal) {
  const place = make("div");
  const result = make("div");
  const draw = async () => {
    try {
      const found = await api.selftest(signal);
      fill(result, make("p", {}, `${date(found.as_of)}${found.stale ? "; the library has changed since" : ""}.`), outcome(found.result));
    } catch (error) {
      if (error.code !== "not_computed") throw error;
      fill(result, make("p", {}, "It has not run since the server was started. It makes edited copies of some pictures, searches for them, and says how many are found. That takes some minutes."));
    }
  };
  const start = make("button", { type: "button" }, "Run the self-test");
  const end = async () => {
    await draw();
    keepFocus(start);
  };
  start.addEventListener("click", async () => {
    try {
      await follow(place, await begin("selftest", {}, signal), signal, "Testing", end);
    } catch (error) {
      if (error.name !== "AbortError") fill(place, complaint(error.message));
    }
  });
  await draw();
  running("selftest", signal).then(
    (job) => job && follow(place, job, signal, "Testing", end),
    () => null,
  );
  return make("section", {}, make("h2", {}, "Self-test"), result, make("p", { className: "do" }, start), place);
}

const share = (value) => (value === null ? "–" : `${Math.round(100 * value)} %`);

/** What a self-test found. */
function outcome(result) {
  const rows = Object.entries(result.edits).map(([name, told]) => [
    name,
    share(told.recall_at_1),
    share(told.reverse.recall_at_1),
  ]);
  const exact = result.exact.map(({ code, equal, queries }) => `${code}: ${equal} of ${queries} answers are those of an exact comparison`);
  const suspects = result.false_alarms.suspects.length;
  const lines = [
    `${counted(result.sampled, "picture")} edited${result.interrupted ? ", and ended early" : ""}.`,
    ...exact.map((text) => `${text}.`),
    suspects ? `${counted(suspects, "pair")} to look at: copies that you didn't know of, or false alarms.` : null,
    ...result.advice,
  ];
  const made = table("By edit", ["Edit", "Found by the copy", "Found by the original"], rows, null, "h3");
  return make("div", {}, ...lines.filter(Boolean).map((text) => make("p", {}, text)), made.element);
}

/** Fill the page. */
export async function show(place, signal) {
  document.title = "State of the library – lookalike";
  const page = make("article", { className: "library" }, busy("Loading…"));
  fill(place, halves("/library/state"), page);
  const found = await api.status(signal);
  const left = found.skipped + found.failed;
  const [causes, test] = await Promise.all([
    Promise.all(found.groups.map((group) => cause(group, signal))),
    found.pictures ? selftest(signal) : null, // of nothing it can't make copies
  ]);
  const isLoss = found.groups.map((group) => group.name === "loss");
  const known = [
    found.pictures > 1 && `${found.distinct.toLocaleString("en")} different`,
    found.missing && `${counted(found.missing, "file")} missing or left out`,
  ].filter(Boolean);
  const facts = [
    known.join(", "),
    found.read_only && "The library can only be read here",
    `lookalike ${found.version}`,
  ].filter(Boolean);
  const again = () => {
    // The rest of the page tells of before.
    const link = make("button", { type: "button" }, "Show the library anew");
    link.addEventListener("click", () => location.reload());
    page.querySelector("section .message")?.append(" ", link);
  };
  fill(
    page,
    make("h1", {}, counted(found.pictures, "picture")),
    found.pictures ? null : emptyLibrary(),
    make("p", {}, `${facts.join(". ")}.`),
    indexing(found, signal, again),
    folders(found),
    codes(found),
    ...changes(found),
    left ? make("h2", {}, `${counted(left, "file")} without a code`) : null,
    ...causes.filter((_, at) => !isLoss[at]),
    ...causes.filter((_, at) => isLoss[at]),
    test,
  );
}
