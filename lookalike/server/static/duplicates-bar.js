// The bar at the foot of the page: what was decided so far, undo, and the way to the plan.

import { overflows, steps, totals, undo } from "./duplicates-decisions.js";
import { announce, make } from "./dom.js";
import { bytes, counted } from "./words.js";

/** Undo the last step, and tell; gives the group it was about. */
export async function takeBack() {
  try {
    const group = await undo();
    announce("Undone.");
    return group;
  } catch (error) {
    announce(error.message);
    return null;
  }
}

/** The bar; it follows what is decided until the view is left. */
export function summary(signal) {
  const text = make("span", { className: "told" });
  const back = make("button", { type: "button", title: "u", onclick: takeBack }, "Undo");
  const plan = make("a", { className: "button main", href: "/duplicates/plan" }, "To the plan");
  const element = make("aside", { className: "decided", "aria-label": "What was decided" }, text, back, plan);
  const tell = () => {
    const { groups, files, bytes: free } = totals();
    text.textContent = files
      ? `${counted(files, "file")} of ${counted(groups, "group")} marked, ${bytes(free)}`
      : "Nothing is marked yet";
    if (overflows()) text.textContent += "; too much to be kept over a reload";
    back.disabled = steps() === 0;
    plan.hidden = files === 0;
  };
  addEventListener("lookalike:decided", tell, { signal });
  tell();
  return element;
}
