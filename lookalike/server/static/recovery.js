// The server was gone: wait for it, and go on when it is back.

import { health } from "./api.js";
import { announce, make } from "./dom.js";

const STEP = 1500; // milliseconds
const SLOWEST = 15_000;

/**
 * Ask again and again until the server answers.
 * @param {HTMLElement} told the complaint, which gets a line and a button.
 * @param {AbortSignal} signal aborted when the view is left.
 * @param {function()} then what to do when it is back.
 */
export function awaitServer(told, signal, then) {
  let wait = STEP;
  let timer = null;
  const note = make("span", {}, " It is asked again until it does. ");
  const again = make("button", { type: "button" }, "Try now");
  told.append(note, again);
  const ask = async () => {
    clearTimeout(timer);
    try {
      await health(signal);
    } catch {
      if (signal.aborted) return;
      timer = setTimeout(ask, wait);
      wait = Math.min(SLOWEST, wait * 1.5);
      return;
    }
    announce("The server answers again.");
    then();
  };
  again.addEventListener("click", ask);
  addEventListener("online", ask, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  timer = setTimeout(ask, wait);
}
