// Moving about the map: by mouse, by fingers and by keys; and drawing a lasso.

const STEP = 80; // pixels of the page for an arrow key
const STILL = 5; // pixels that a click may wander
const LONG = 1.5; // factor of a key

function wheeled(event) {
  // Lines and pages, as some browsers count, in pixels; pinching a touch pad comes as Ctrl and wheel.
  const unit = [1, 16, 400][event.deltaMode] ?? 1;
  return Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.002));
}

/**
 * Let a canvas be moved.
 * @param {HTMLCanvasElement} canvas that shows the map.
 * @param {View} view that it shows.
 * @param {object} acts `changed()`; `click(x, y, more)`; `hover(x, y)`; `lasso(points, more)` while one
 *   is drawn and `caught(points, more)` at its end; `lassoing()` whether the mouse draws one;
 *   `keys`: further ones, by name.
 */
export function movable(canvas, view, acts) {
  const fingers = new Map();
  let drawn = null; // the lasso
  let wandered = 0;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const middle = () => {
    const all = [...fingers.values()];
    const sum = all.reduce(([x, y], [u, v]) => [x + u, y + v], [0, 0]);
    const [x, y] = sum.map((value) => value / all.length);
    return [x, y, Math.max(1, Math.hypot(all[0][0] - x, all[0][1] - y))];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    wandered = fingers.size > 1 ? STILL : 0;
    drawn = fingers.size === 1 && (acts.lassoing() || event.shiftKey) ? [place(event)] : null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    const now = place(event);
    if (!before) {
      acts.hover(...now);
      return;
    }
    const [bx, by, wide] = middle();
    fingers.set(event.pointerId, now);
    const [x, y, wider] = middle();
    wandered += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (drawn) {
      drawn.push(now);
      acts.lasso(drawn);
      return;
    }
    if (wandered < STILL) return;
    view.move(x - bx, y - by);
    if (fingers.size > 1) view.magnify(wider / wide, x, y);
    acts.changed();
  });
  const up = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    const points = drawn;
    drawn = null;
    const more = event.ctrlKey || event.metaKey || event.shiftKey;
    if (event.type === "pointercancel") acts.lasso(null);
    else if (points && wandered >= STILL) acts.caught(points, event.ctrlKey || event.metaKey);
    else if (wandered < STILL && fingers.size === 0) acts.click(...place(event), more);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => acts.hover(null));
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      view.magnify(wheeled(event), ...place(event));
      acts.changed();
    },
    { passive: false },
  );
  canvas.addEventListener("dblclick", (event) => {
    view.magnify(2, ...place(event));
    acts.changed();
  });
  const keys = {
    ArrowLeft: () => view.move(STEP, 0),
    ArrowRight: () => view.move(-STEP, 0),
    ArrowUp: () => view.move(0, STEP),
    ArrowDown: () => view.move(0, -STEP),
    "+": () => view.magnify(LONG),
    "=": () => view.magnify(LONG),
    "-": () => view.magnify(1 / LONG),
    0: () => view.all(),
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key] ?? acts.keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
    acts.changed();
  });
}
