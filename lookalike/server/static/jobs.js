// Jobs: what the server does on request and takes its time for. Here they are begun and watched.

import { PREFIX, Refused, ask, send } from "./api.js";
import { announce, make } from "./dom.js";

const ENDED = ["done", "stopped", "failed"];
const STEP = 1000; // milliseconds between two questions, where events don't come through
const PASSING = [0, 429, 502, 503, 504]; // codes of what may be over in a moment

const STAGES = {
  pairs: "Comparing codes",
  looks: "Looking at pairs",
  groups: "Making groups",
  edits: "Naming what was done",
  neighbours: "Finding neighbours",
  places: "Placing pictures",
};

/** Whether no other state follows. */
export const ended = (job) => ENDED.includes(job.state);

/** Begin a job; `options` as the interface has them. */
export const begin = (what, options, signal) => send("POST", "/jobs", { what, ...options }, signal);

/** The job that does something now, or waits to; null for none. */
export async function running(what, signal) {
  const { jobs } = await ask("/jobs", { signal });
  return jobs.find((job) => job.what === what && !ended(job)) ?? null;
}

const cancel = (id) => ask(`/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });

/**
 * Watch a job until it has ended.
 * @param {string} id of the job.
 * @param {AbortSignal} signal ends the watching, not the job.
 * @param {function(object)} tell is called with the job whenever something has changed.
 * @returns {Promise<object>} the job at its end.
 */
export function watch(id, signal, tell) {
  const address = `/jobs/${encodeURIComponent(id)}`;
  return new Promise((resolve, reject) => {
    const source = new EventSource(`${PREFIX}${address}/events`);
    let timer = null;
    const stop = () => {
      source.close();
      clearTimeout(timer);
    };
    const heard = (job) => {
      if (signal.aborted) return;
      tell(job);
      if (!ended(job)) return;
      stop();
      resolve(job);
    };
    // Events don't come: a proxy keeps them back, or the server was gone. Then it is asked.
    const question = async () => {
      source.close();
      try {
        heard(await ask(address, { signal }));
      } catch (error) {
        if (!(error instanceof Refused && PASSING.includes(error.status))) {
          stop();
          reject(error);
          return;
        }
      }
      if (!signal.aborted) timer = setTimeout(question, STEP);
    };
    for (const name of ["message", "progress", ...ENDED]) {
      source.addEventListener(name, (event) => heard(JSON.parse(event.data)));
    }
    source.addEventListener("error", () => {
      clearTimeout(timer);
      timer = setTimeout(question, 0);
    });
    signal.addEventListener("abort", () => {
      stop();
      reject(signal.reason);
    });
  });
}

function told(job, words) {
  if (job.state === "waiting") return "Waiting for what runs before it…";
  const { stage, done, total } = job.progress;
  const now = STAGES[stage] ?? words;
  return total ? `${now}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}` : `${now}…`;
}

/**
 * Watch a job in a box that shows how far it is, with a button that stops it.
 * @param {HTMLElement} place where the box is put; it goes with the end of the job.
 * @param {object} job that was begun.
 * @param {AbortSignal} signal ends the watching.
 * @param {string} words for what it does, such as "Finding duplicates".
 * @param {string} stopping what the button says.
 * @returns {Promise<object>} the job at its end.
 */
export async function watched(place, job, signal, words, stopping = "Stop") {
  const bar = make("progress", { max: 1, "aria-label": words });
  bar.removeAttribute("value");
  const line = make("span", {}, told(job, words));
  const stop = make("button", { type: "button" }, stopping);
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    line.textContent = "Stopping…";
    try {
      await cancel(job.id);
    } catch (error) {
      if (error.name !== "AbortError") line.textContent = error.message;
    }
  });
  const box = make("div", { className: "job" }, bar, line, stop);
  place.replaceChildren(box);
  announce(`${words}…`);
  const done = await watch(job.id, signal, (now) => {
    if (!stop.disabled) line.textContent = told(now, words);
    const { done: so, total } = now.progress;
    if (total) bar.value = so / total;
    else bar.removeAttribute("value");
  });
  box.remove();
  announce(done.state === "failed" ? done.error.message : `${words}: ${done.state}.`);
  return done;
}

