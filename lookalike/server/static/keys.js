// One key for one thing, and the list of them. Who doesn't want single keys switches them off.

import { announce, make } from "./dom.js";

const NAME = "lookalike.keys";
const NAMES = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
};

let on = true;
try {
  on = localStorage.getItem(NAME) !== "off";
} catch {
  // A browser that keeps nothing: they are on.
}

function choose(wanted) {
  on = wanted;
  try {
    localStorage.setItem(NAME, on ? "on" : "off");
  } catch {
    // As above.
  }
  announce(on ? "Keys are on." : "Keys are off.");
}

/** Show which key does what. */
export function help(rows) {
  const before = document.activeElement;
  const box = make("input", { type: "checkbox", checked: on });
  box.addEventListener("change", () => choose(box.checked));
  const close = make("button", { type: "button", className: "main" }, "Close");
  const dialog = make(
    "dialog",
    { className: "keys", "aria-label": "Keys" },
    make("h2", {}, "Keys"),
    make(
      "dl",
      {},
      ...rows.flatMap(([keys, words]) => [
        make("dt", {}, ...keys.map((key) => make("kbd", {}, NAMES[key] ?? key))),
        make("dd", {}, words),
      ]),
      make("dt", {}, make("kbd", {}, "?")),
      make("dd", {}, "this list"),
    ),
    make("label", { className: "choice" }, box, "One key does one thing; without, all is done by buttons"),
    make("p", { className: "buttons" }, close),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function taken(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  if (document.querySelector("dialog[open]")) return true;
  if (target.closest("textarea, select, input:not([type=checkbox], [type=radio], [type=range])")) return true;
  if (key.startsWith("Arrow")) {
    const view = target.closest(".view");
    const moves = view && (view.scrollWidth > view.clientWidth || view.scrollHeight > view.clientHeight);
    if (moves || target.closest("input, summary")) return true;
  }
  if ((key === " " || key === "Enter") && target.closest("a, button, input, summary, label")) return true;
  return false;
}

/**
 * Do things by keys, as long as a view is shown.
 * @param {Array} rows each ([keys], words, function); the function is called with the event.
 * @param {AbortSignal} signal ends it.
 */
export function listen(rows, signal) {
  const table = new Map(rows.flatMap(([keys, , act]) => keys.map((key) => [key, act])));
  table.set("?", () => help(rows));
  addEventListener(
    "keydown",
    (event) => {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const act = table.get(key);
      if (!act || taken(event) || (!on && key.length === 1 && key !== "?")) return;
      event.preventDefault();
      act(event);
    },
    { signal },
  );
}

/** The button that shows them. */
export const helpButton = (rows) =>
  make("button", { type: "button", className: "quiet", title: "?", onclick: () => help(rows) }, "Keys");
