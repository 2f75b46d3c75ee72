// The map at work: the canvas, its buttons and keys, and what is selected on it.

import { Chosen } from "./map-chosen.js";
import { announce, fill, make } from "./dom.js";
import { MapList } from "./map-list.js";
import { movable } from "./map-move.js";
import { Painter } from "./map-paint.js";
import { Plane } from "./map-plane.js";
import { smallPicture } from "./map-small.js";
import { View } from "./map-view.js";
import { counted } from "./words.js";

const NEAR = 10; // pixels of the page in which a click finds a dot
const SETTLED = 350; // milliseconds after which what is in view is listed, and the address tells it

const HELP =
  "Drag, or use the arrow keys, to move; the wheel, two fingers, or + and − to zoom; 0 shows all. " +
  "A click selects a picture, Shift and dragging draws a lasso. V selects all in view, Esc nothing. " +
  "The same pictures are in the list below.";

/**
 * Fill a place with the map.
 * @param {HTMLElement} place to fill.
 * @param {object} found points of the interface.
 * @param {AbortSignal} signal aborted when the view is left.
 * @param {URL} address of the page: `at` is what is in view.
 * @returns {function(URL)} shows what another address asks for.
 */
export function drawMap(place, found, signal, address) {
  const plane = new Plane(found.points);
  const view = new View();
  const chosen = new Chosen(plane);
  const canvas = make("canvas", { tabIndex: 0, role: "application" });
  canvas.setAttribute("aria-label", "Map of pictures");
  canvas.setAttribute("aria-describedby", "map-help");
  const tip = make("img", { className: "tip", alt: "", hidden: true });
  let lassoing = false;
  let lasso = null;
  let asked = 0; // the frame that is going to be drawn
  let timer = null;

  const draw = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      painter.draw(view, chosen.marks, lasso);
    });
  };
  const painter = new Painter(canvas, plane, draw);
  const list = new MapList(plane, chosen, signal, () => {
    list.selection(false); // the rows stay where they are
    draw();
  });
  const settle = () => {
    const at = new URL(location.href);
    if (at.pathname !== "/map") return;
    at.searchParams.set("at", view.text);
    history.replaceState(history.state, "", at);
    list.view(plane.within(view.box()));
  };
  const changed = () => {
    tip.hidden = true;
    draw();
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED);
  };
  const select = (act) => {
    act();
    list.selection();
    draw();
  };
  const told = () => announce(chosen.count ? `${counted(chosen.count, "picture")} selected.` : "Nothing is selected.");
  const at = (x, y) => {
    const shown = painter.pictureAt(x, y);
    return shown >= 0 ? shown : plane.nearest(...view.share(x, y), NEAR / view.scale);
  };
  const all = () => {
    select(() => chosen.take(plane.within(view.box())));
    told();
  };
  const none = () => {
    select(() => chosen.take([]));
    told();
  };
  let under = -1; // the point that the mouse is over
  movable(canvas, view, {
    changed,
    lassoing: () => lassoing,
    click(x, y, more) {
      const point = at(x, y);
      if (point < 0) return;
      select(() => (more ? chosen.turn(point) : chosen.take([point])));
      told();
    },
    hover(x, y) {
      const point = x === null ? -1 : at(x, y);
      if (point !== under) {
        under = point;
        canvas.classList.toggle("pointing", point >= 0);
        tip.hidden = point < 0 || painter.shown.some(([one]) => one === point);
        if (!tip.hidden) tip.src = smallPicture(plane.ids[point], 256);
      }
      if (tip.hidden) return;
      tip.style.left = `${Math.min(x + 16, view.width - 180)}px`;
      tip.style.top = `${Math.min(y + 16, view.height - 180)}px`;
    },
    lasso(points) {
      tip.hidden = true;
      lasso = points;
      draw();
    },
    caught(points, more) {
      lasso = null;
      const polygon = points.map(([x, y]) => view.share(x, y));
      select(() => chosen.take(plane.lassoed(polygon), more));
      told();
    },
    keys: { v: all, V: all, Escape: none },
  });

  const button = (text, title, act) => make("button", { type: "button", title, "aria-label": title, onclick: act }, text);
  const zoom = (factor) => () => {
    view.magnify(factor);
    changed();
  };
  const lassoButton = button("Lasso", "Draw a lasso with the mouse or a finger", () => {
    lassoing = !lassoing;
    lassoButton.setAttribute("aria-pressed", String(lassoing));
    canvas.classList.toggle("lassoing", lassoing);
  });
  lassoButton.setAttribute("aria-pressed", "false");
  const tools = make(
    "div",
    { className: "tools", role: "toolbar", "aria-label": "Map" },
    button("+", "Zoom in", zoom(1.5)),
    button("−", "Zoom out", zoom(1 / 1.5)),
    button("All", "Show all", () => {
      view.all();
      changed();
    }),
    lassoButton,
    button("Select what is in view", "Select what is in view", all),
    button("Select nothing", "Select nothing", none),
  );
  const frame = make("div", { className: "ground" }, canvas, tip);
  fill(place, tools, frame, make("p", { id: "map-help", className: "facts" }, HELP), list.element);

  const resize = () => {
    view.resize(frame.clientWidth, frame.clientHeight);
    painter.fit(frame.clientWidth, frame.clientHeight);
    changed();
  };
  const watcher = new ResizeObserver(resize);
  watcher.observe(frame);
  for (const name of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(name).addEventListener("change", resize, { signal });
  }
  signal.addEventListener("abort", () => {
    watcher.disconnect();
    cancelAnimationFrame(asked);
    clearTimeout(timer);
    painter.small.want([]);
  });
  const take = (wanted) => {
    view.take(wanted.searchParams.get("at"));
    changed();
  };
  take(address);
  list.selection();
  return take;
}
