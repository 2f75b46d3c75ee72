// Duplicates: finding them, the groups that were found, and one group at a time.

import { status } from "./api.js";
import { summary } from "./duplicates-bar.js";
import { busy, complaint, fill, make } from "./dom.js";
import { emptyLibrary } from "./empty.js";
import { openGroup } from "./duplicates-group.js";
import { asked, find, load, renew } from "./duplicates-groups.js";
import { begin, running, watched } from "./jobs.js";
import { listGroups } from "./duplicates-list.js";
import { remembered } from "./router.js";

const WHAT = "Finding duplicates";
const USUAL = ["same-bytes", "same-pixels", "edited"];
const SLOWER = ["part", "burst", "raw+jpeg"];

/** The button that starts the search, and what it does; `then` is called when it has ended. */
function finder(words, kinds, signal, then) {
  const place = make("div", { className: "finder" });
  const all = make("input", { type: "checkbox", checked: SLOWER.some((kind) => kinds.includes(kind)) });
  const start = make("button", { type: "button", className: "main" }, words);
  const follow = async (job) => {
    const done = await watched(place, job, signal, WHAT, "Stop, and keep what was found");
    if (done.state === "failed") {
      fill(place, complaint(done.error.message), start);
      return;
    }
    renew();
    then();
  };
  const fails = (error) => {
    if (error.name !== "AbortError") fill(place, complaint(error.message), start);
  };
  start.addEventListener("click", async () => {
    const wanted = all.checked ? [...USUAL, ...SLOWER] : USUAL;
    try {
      await follow(await begin("duplicates", { kinds: wanted }, signal));
    } catch (error) {
      fails(error);
    }
  });
  const also = make(
    "label",
    { className: "choice" },
    all,
    "also parts, bursts, and pairs of raw and JPEG: only to be looked at; takes longer the first time",
  );
  fill(place, start, also);
  running("duplicates", signal).then((job) => job && follow(job)).catch(fails);
  return place;
}

function nothingYet(place, signal, then) {
  fill(
    place,
    make("h1", {}, "Duplicates"),
    make(
      "p",
      {},
      "Finds pictures that are in the library more than once, as the same or as an edited copy, and says " +
        "which to keep. No picture is changed.",
    ),
    finder("Find duplicates", [], signal, then),
  );
}

/** What is worth knowing of the search itself. */
function notes(found, signal, then) {
  const told = [];
  if (found.interrupted) told.push("The search was stopped before its end: there may be more.");
  if (found.stale) told.push("The library has changed since.");
  if (found.settled) told.push(`Groups that were settled before, and are left out: ${found.settled.toLocaleString("en")}.`);
  const words = found.stale || found.interrupted ? "Search again" : "Search anew";
  return make(
    "details",
    { className: "notes", open: found.stale || found.interrupted },
    make("summary", {}, `Searched ${new Date(found.as_of).toLocaleString()}, ${found.pictures.toLocaleString("en")} pictures`),
    ...told.map((line) => make("p", {}, line)),
    finder(words, found.kinds, signal, then),
  );
}

/** Fill the page. */
export async function show(place, signal, address) {
  const bar = summary(signal);
  const body = make("div", { className: "duplicates" }, busy("Loading…"));
  fill(place, body, bar);
  let inner = new AbortController();
  const update = async (now) => {
    inner.abort();
    inner = new AbortController();
    const mine = inner.signal;
    const again = () => update(new URL(location.href));
    const wanted = asked(now);
    document.title = "Duplicates – lookalike";
    let loaded;
    try {
      loaded = await load(wanted, remembered().groups ?? 0, signal);
    } catch (error) {
      if (error.code !== "not_computed") throw error;
      bar.hidden = true;
      const { pictures } = await status(signal);
      if (mine.aborted) return;
      if (pictures) nothingYet(body, mine, again);
      else fill(body, make("h1", {}, "Duplicates"), emptyLibrary());
      return;
    }
    if (mine.aborted) return;
    bar.hidden = false;
    const group = wanted.group && (await find(wanted.group, signal));
    if (mine.aborted) return;
    if (group) openGroup(body, group, loaded, wanted, mine);
    else listGroups(body, loaded, wanted, mine, notes(loaded.found, mine, again));
    if (wanted.group && !group) {
      body.prepend(complaint("This group isn't there any more: it was dealt with, or settled."));
    }
  };
  signal.addEventListener("abort", () => inner.abort());
  await update(address);
  return { update };
}

