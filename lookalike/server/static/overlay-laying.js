// Where two pictures lie that are laid over each other, and how they are moved.

const CORNERS = [[0, 0], [1, 0], [0, 1], [1, 1]];

/** Shares of a to shares of b where nothing is known: a in the middle of b, as large as fits. */
function centred(a, b) {
  const scale = Math.min(b.width / a.width, b.height / a.height);
  const across = (a.width * scale) / b.width;
  const down = (a.height * scale) / b.height;
  return [
    [across, 0, (1 - across) / 2],
    [0, down, (1 - down) / 2],
  ];
}

/**
 * What both cover together, in pixels of b.
 * @param {object} a laid over, with its width and height.
 * @param {object} b below, with its width and height.
 * @param {?Array} transform shares of a to shares of b.
 * @returns {object} left, top, width and height; `larger`: pixels of a for one of b.
 */
export function world(a, b, transform) {
  const rows = transform ?? centred(a, b);
  const [[xx, xy, x0], [yx, yy, y0]] = rows;
  const corners = CORNERS.map(([x, y]) => [
    (xx * x + xy * y + x0) * b.width,
    (yx * x + yy * y + y0) * b.height,
  ]);
  const xs = [0, b.width, ...corners.map(([x]) => x)];
  const ys = [0, b.height, ...corners.map(([, y]) => y)];
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  const side = Math.hypot(xx * b.width, yx * b.height);
  return {
    left,
    top,
    width: Math.max(...xs) - left,
    height: Math.max(...ys) - top,
    larger: side ? a.width / side : 1,
    rows,
    b,
  };
}

/**
 * Lay both out.
 * @param {object} place of {@link world}.
 * @param {HTMLElement} view that shows them.
 * @param {HTMLElement} ground that holds them.
 * @param {Array<HTMLImageElement>} images b, then a.
 * @param {boolean} whole whether all is to fit into the view; else a pixel of b is one of the screen.
 * @returns {number} pixels of the page for a pixel of b.
 */
export function layOut(place, view, ground, [below, over], whole) {
  const fits = Math.min(view.clientWidth / place.width, view.clientHeight / place.height);
  const full = 1 / devicePixelRatio;
  const scale = whole ? Math.min(fits, full) : full;
  const middle = [
    (view.scrollLeft + view.clientWidth / 2) / ground.offsetWidth || 0.5,
    (view.scrollTop + view.clientHeight / 2) / ground.offsetHeight || 0.5,
  ];
  const wide = place.b.width * scale;
  const high = place.b.height * scale;
  ground.style.width = `${place.width * scale}px`;
  ground.style.height = `${place.height * scale}px`;
  for (const image of [below, over]) {
    image.style.width = `${wide}px`;
    image.style.height = `${high}px`;
    image.style.left = `${-place.left * scale}px`;
    image.style.top = `${-place.top * scale}px`;
  }
  const [[xx, xy, x0], [yx, yy, y0]] = place.rows;
  const matrix = [xx, (yx * high) / wide, (xy * wide) / high, yy, x0 * wide, y0 * high];
  over.style.transform = `matrix(${matrix.join(",")})`;
  view.scrollLeft = middle[0] * ground.offsetWidth - view.clientWidth / 2;
  view.scrollTop = middle[1] * ground.offsetHeight - view.clientHeight / 2;
  return scale;
}

/** Let a mouse drag what is shown, and the edge between both; fingers scroll by themselves. */
export function drag(view, line, position) {
  let held = null;
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0) return;
    held = event.pointerId;
    view.setPointerCapture(held);
  });
  view.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held) return;
    view.scrollLeft -= event.movementX;
    view.scrollTop -= event.movementY;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    view.addEventListener(name, () => {
      held = null;
    });
  }
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const box = view.getBoundingClientRect();
    position.value = (100 * (event.clientX - box.left)) / box.width;
    position.dispatchEvent(new Event("input"));
  });
}
