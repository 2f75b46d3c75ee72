// What was done to files before, and taking it back.

import { ask, send } from "./api.js";
import { complaint, fill, make } from "./dom.js";
import { renew } from "./duplicates-groups.js";
import { watched } from "./jobs.js";
import { counted, date, path } from "./words.js";

const SHOWN = 20;
const WORDS = { trash: "to the trash", move: "moved", hardlink: "linked", reflink: "cloned" };
const OPEN = ["done", "interrupted", "partly undone"];

function line(run, may, undo) {
  const to = run.to === null ? "" : ` to ${path(run.to)}`;
  const button = make("button", { type: "button" }, "Undo");
  button.setAttribute("aria-label", `Undo run ${run.run}`);
  button.addEventListener("click", () => undo(run));
  return make(
    "li",
    {},
    make("span", {}, `${date(run.made)}: ${counted(run.files, "file")} ${WORDS[run.action] ?? run.action}${to}; ${run.state}`),
    may && OPEN.includes(run.state) ? button : null,
  );
}

function told(result) {
  const back = `${counted(result.back.length, "file")} brought back`;
  const { left } = result;
  if (!left.length) return make("p", { role: "status", tabIndex: -1 }, `${back}.`);
  return make(
    "div",
    { tabIndex: -1 },
    complaint(`${back}; ${left.length} not:`),
    make("ul", {}, ...left.map((one) => make("li", {}, `${path(one.path)}: ${one.why}`))),
  );
}

/**
 * Fill a place with what was done.
 * @param {HTMLElement} place to fill.
 * @param {boolean} may whether the server lets it be undone.
 * @param {AbortSignal} signal aborted when the view is left.
 */
export async function journal(place, may, signal, news = null) {
  const { runs } = await ask("/journal", { signal });
  if (!runs.length) {
    fill(place);
    return;
  }
  const box = make("div");
  const undo = async (run) => {
    try {
      const job = await send("POST", "/undo", { run: run.run }, signal);
      const done = await watched(box, job, signal, "Bringing files back");
      if (done.state === "failed") throw new Error(done.error.message);
      renew();
      await journal(place, may, signal, told(done.result));
    } catch (error) {
      if (error.name !== "AbortError") fill(box, complaint(error.message));
    }
  };
  fill(
    place,
    make(
      "section",
      { className: "journal" },
      make("h2", {}, "Done before"),
      news,
      box,
      make("ul", {}, ...runs.slice(0, SHOWN).map((run) => line(run, may, undo))),
      runs.length > SHOWN ? make("p", {}, "lookalike undo --list tells of all.") : null,
    ),
  );
  news?.focus(); // the button that was pressed is gone
}
