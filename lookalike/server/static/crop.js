// Choosing a part of the picture that is asked with: by the mouse, a finger, or the keyboard.

import { announce, make } from "./dom.js";

const STEP = 0.02; // of a side, at a key
const LEAST = 0.03; // of a side, that a part has to have

const percent = (share) => `${(100 * share).toFixed(2)}%`;
const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/** A part as the interface takes it. */
export const written = (part) => part.map((share) => String(Number(share.toFixed(3)))).join(",");

/** A part from an address; null where it is none. */
export function read(text) {
  const part = (text ?? "").split(",").map(Number);
  const good =
    part.length === 4 &&
    part.every((share) => share >= 0 && share <= 1) &&
    part[0] < part[2] &&
    part[1] < part[3];
  return good ? part : null;
}

/** A part in words. */
export function told(part) {
  const [left, top, right, bottom] = part.map((share) => Math.round(100 * share));
  return `from ${left} % to ${right} % across, from ${top} % to ${bottom} % down`;
}

/** A frame around a part, to be laid over the picture. */
export function marked(part) {
  const frame = make("span", { className: "part-frame" });
  place(frame, part);
  return frame;
}

function place(element, [left, top, right, bottom]) {
  element.style.left = percent(left);
  element.style.top = percent(top);
  element.style.width = percent(right - left);
  element.style.height = percent(bottom - top);
}

/**
 * Let people choose a part.
 * @param {HTMLElement} frame around the picture; the chooser is laid over it.
 * @param {?number[]} part that is chosen at first.
 * @param {function(?number[])} done called with the part, or null where it was called off.
 * @returns {HTMLElement} the buttons that belong to it.
 */
export function chooser(frame, part, done) {
  let chosen = part ?? [0.25, 0.25, 0.75, 0.75];
  const box = make("span", { className: "part-frame" });
  const surface = make(
    "div",
    {
      className: "cropper",
      tabIndex: 0,
      role: "application",
    },
    box,
  );
  const draw = () => {
    place(box, chosen);
    const how = "arrow keys move it, with Shift they change its size";
    surface.setAttribute("aria-label", `Part of the picture, ${told(chosen)}: ${how}`);
  };
  const end = (result) => {
    surface.remove();
    done(result);
  };
  let from = null;
  const at = (event) => {
    const inside = surface.getBoundingClientRect();
    return [
      clamp((event.clientX - inside.left) / inside.width, 0, 1),
      clamp((event.clientY - inside.top) / inside.height, 0, 1),
    ];
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    surface.focus();
    surface.setPointerCapture(event.pointerId);
    from = at(event);
  });
  surface.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = at(event);
    const drawn = [0, 1].map((axis) => [from[axis], to[axis]].sort((a, b) => a - b));
    const [[left, right], [top, bottom]] = drawn;
    if (right - left < LEAST || bottom - top < LEAST) return; // no more than a click
    chosen = [left, top, right, bottom];
    draw();
  });
  const up = () => {
    if (from !== null) announce(told(chosen));
    from = null;
  };
  surface.addEventListener("pointerup", up);
  surface.addEventListener("pointercancel", up);
  surface.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Enter") end(chosen);
    else if (event.key === "Escape") end(null);
    else if (way[event.key]) {
      const [x, y] = way[event.key].map((step) => step * STEP);
      let [left, top, right, bottom] = chosen;
      if (event.shiftKey) {
        right = clamp(right + x, left + LEAST, 1);
        bottom = clamp(bottom + y, top + LEAST, 1);
      } else {
        const across = clamp(x, -left, 1 - right);
        const down = clamp(y, -top, 1 - bottom);
        [left, right, top, bottom] = [left + across, right + across, top + down, bottom + down];
      }
      chosen = [left, top, right, bottom];
      draw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  frame.append(surface);
  draw();
  surface.focus();
  return make(
    "p",
    { className: "buttons" },
    make("button", { type: "button", className: "main", onclick: () => end(chosen) }, "Search by this part"),
    make("button", { type: "button", onclick: () => end(null) }, "Cancel"),
    make(
      "span",
      { className: "facts" },
      "Drag across the picture; or the arrow keys move the part, with Shift they size it, Enter searches.",
    ),
  );
}
