// Searching as an address says: anew when what is asked changes, and else only drawn anew.

import { given } from "./addresses.js";
import { Refused } from "./api.js";
import { busy, complaint, fill } from "./dom.js";
import { showResults } from "./results.js";

/**
 * What keeps the results as an address wants them.
 * @param {HTMLElement} place of the results.
 * @param {?string} id of the picture that is asked with; null for words.
 * @param {string[]} names of the parameters that make it another search; the rest of the address
 *   is a matter of showing it.
 * @param {function(object, AbortSignal): Promise<object>} ask the interface.
 * @param {AbortSignal} signal aborted when the view is left.
 * @returns {function(URL): Promise<void>}
 */
export function searching(place, id, names, ask, signal) {
  let shown = null;
  let asked = null; // what the shown search was asked with
  let running = new AbortController();
  signal.addEventListener("abort", () => running.abort());
  return async (now) => {
    const values = given(now, names);
    const state = JSON.stringify(values);
    if (state === asked) {
      shown?.update(now);
      return;
    }
    running.abort();
    running = new AbortController();
    const own = running.signal;
    asked = state;
    shown = null;
    place.setAttribute("aria-busy", "true");
    if (!place.children.length) fill(place, busy("Searching…"));
    try {
      const made = await showResults(place, id, (page) => ask({ ...values, ...page }, own), own, now);
      if (!own.aborted) shown = made;
    } catch (error) {
      if (error.name === "AbortError" || own.aborted) return;
      if (!(error instanceof Refused) || ![400, 409].includes(error.status)) throw error;
      asked = null;
      fill(place, complaint(error.message)); // something in what is asked: it can be mended
    } finally {
      if (!own.aborted) place.removeAttribute("aria-busy");
    }
  };
}
