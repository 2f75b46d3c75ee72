// Lists that go on while one scrolls, and at a button's press for those who don't.

import { announce, complaint, make } from "./dom.js";

const AHEAD = "900px"; // how far below what is seen the next part is asked for

/**
 * What stands at the end of a list and makes it longer.
 * @param {function(): Promise<{added: number, done: boolean}>} more asks for the next part.
 * @param {AbortSignal} signal aborted when the view is left.
 * @returns {HTMLElement} to be put behind the list.
 */
export function endless(more, signal) {
  const button = make("button", { type: "button", className: "more" }, "Show more");
  const place = make("div", { className: "endless" }, button);
  let busy = false;
  const go = async () => {
    if (busy || signal.aborted) return;
    busy = true;
    button.disabled = true;
    button.textContent = "Loading…";
    for (const told of place.querySelectorAll(".wrong")) told.remove();
    let failed = false;
    try {
      const { added, done } = await more();
      if (added) announce(`${added} more shown.`);
      if (done) {
        watching.disconnect();
        place.hidden = true;
      }
    } catch (error) {
      if (error.name === "AbortError" || signal.aborted) return;
      failed = true;
      place.prepend(complaint(error.message));
    }
    busy = false;
    button.disabled = false;
    button.textContent = failed ? "Try again" : "Show more";
    // Watched anew, it tells whether it is still near; after an error people press the button.
    watching.disconnect();
    if (!failed && !place.hidden) watching.observe(place);
  };
  const watching = new IntersectionObserver(
    (seen) => {
      if (seen.some((one) => one.isIntersecting)) go();
    },
    { rootMargin: AHEAD },
  );
  button.addEventListener("click", go);
  watching.observe(place);
  signal.addEventListener("abort", () => watching.disconnect());
  return place;
}
