// Drawing the map: dots, darker where many lie, and small pictures where there is room for them.

import { SmallPictures } from "./map-small.js";

const CELL = 96; // pixels of the page for a cell with a small picture, at least
const MOST = 6000; // points in view up to which small pictures are drawn
const DEEPEST = 24; // points on one pixel beyond which it gets no darker

/** The pixels of dots by how many lie there: as 32 bits, alpha on top. */
function shades([red, green, blue]) {
  const colour = (blue << 16) | (green << 8) | red;
  return Uint32Array.from({ length: DEEPEST + 1 }, (_, count) => {
    if (!count) return 0;
    const alpha = Math.min(255, 95 + (160 * Math.log2(count)) / Math.log2(DEEPEST));
    return ((Math.round(alpha) << 24) | colour) >>> 0;
  });
}

function rgb(element, name) {
  element.style.color = `var(${name})`;
  const found = getComputedStyle(element).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  element.style.color = "";
  return found;
}

export class Painter {
  /**
   * @param {HTMLCanvasElement} canvas to draw on.
   * @param {Plane} plane of points.
   * @param {function()} again called when more can be drawn: a small picture has come.
   */
  constructor(canvas, plane, again) {
    this.canvas = canvas;
    this.plane = plane;
    this.context = canvas.getContext("2d");
    this.small = new SmallPictures(again);
    this.shown = []; // small pictures that were drawn last: [point, left, top, width, height]
  }

  /** Take the size of the page, and its colours. */
  fit(width, height) {
    const ratio = Math.min(2, devicePixelRatio);
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.counts = new Uint8Array(this.pixels.length);
    this.recolour();
  }

  recolour() {
    this.ink = shades(rgb(this.canvas, "--map-dot"));
    this.mark = `rgb(${rgb(this.canvas, "--map-chosen").join(",")})`;
    this.edge = `rgb(${rgb(this.canvas, "--paper").join(",")})`;
  }

  /**
   * Draw all.
   * @param {object} view what is in view.
   * @param {Uint8Array} chosen 1 for each point that is selected.
   * @param {?Array} lasso points of the page, while one is drawn.
   */
  draw(view, chosen, lasso) {
    if (!this.image) return; // the page hasn't said yet how large it is
    this.dots(view);
    this.context.putImageData(this.image, 0, 0);
    this.pictures(view, chosen);
    this.marks(view, chosen);
    if (lasso?.length > 1) this.lasso(lasso);
  }

  dots(view) {
    const { counts, pixels, ink, plane, ratio } = this;
    const { width, height } = this.canvas;
    const { x, y } = plane;
    const size = Math.max(1, Math.round(ratio * Math.min(6, 1.5 + 0.6 * Math.log2(view.zoom))));
    const scale = view.scale * ratio;
    const left = view.left * scale + size / 2;
    const top = view.top * scale + size / 2;
    counts.fill(0);
    plane.each(view.box(size), (at) => {
      const across = Math.round(x[at] * scale - left);
      const down = Math.round(y[at] * scale - top);
      const [from, to] = [Math.max(0, across), Math.min(width, across + size)];
      for (let row = Math.max(0, down); row < Math.min(height, down + size); row++) {
        for (let place = row * width + from; place < row * width + to; place++) {
          if (counts[place] < DEEPEST) counts[place]++;
        }
      }
    });
    for (let place = 0; place < pixels.length; place++) pixels[place] = ink[counts[place]];
  }

  /** One small picture in a cell, the first of it; cells grow and shrink by two, so that few jump. */
  pictures(view, chosen) {
    this.shown = [];
    const { plane, context, ratio } = this;
    const wide = CELL / (view.least * 2 ** Math.floor(Math.log2(view.zoom)));
    const snap = (value, up) => (up ? Math.ceil : Math.floor)(value / wide) * wide;
    const { left, top, right, bottom } = view.box(CELL);
    const box = { left: snap(left), top: snap(top), right: snap(right, true), bottom: snap(bottom, true) };
    if (plane.about(box) > MOST) {
      this.small.want([]);
      return;
    }
    const first = new Map();
    const nameOf = (at) => `${Math.floor(plane.x[at] / wide)},${Math.floor(plane.y[at] / wide)}`;
    plane.each(box, (at) => {
      const name = nameOf(at);
      if (!(first.get(name) <= at)) first.set(name, at);
    });
    const far = 0.62 * wide;
    const free = (at) => {
      const [column, row] = nameOf(at).split(",").map(Number);
      for (let across = column - 1; across <= column + 1; across++) {
        for (let down = row - 1; down <= row + 1; down++) {
          const other = first.get(`${across},${down}`);
          if (other === undefined || other >= at) continue;
          if (Math.abs(plane.x[at] - plane.x[other]) < far && Math.abs(plane.y[at] - plane.y[other]) < far) return false;
        }
      }
      return true;
    };
    const wanted = [...first.values()].filter(free);
    this.small.want(wanted.map((at) => plane.ids[at]));
    const side = Math.min(128, 0.6 * wide * view.scale);
    for (const at of wanted) {
      const image = this.small.get(plane.ids[at]);
      if (!image) continue;
      const shrink = side / Math.max(image.naturalWidth, image.naturalHeight);
      const [w, h] = [image.naturalWidth * shrink, image.naturalHeight * shrink];
      const [px, py] = view.place(plane.x[at], plane.y[at]);
      const [l, t] = [px - w / 2, py - h / 2];
      context.fillStyle = chosen[at] ? this.mark : this.edge;
      const rim = chosen[at] ? 3 : 1;
      context.fillRect((l - rim) * ratio, (t - rim) * ratio, (w + 2 * rim) * ratio, (h + 2 * rim) * ratio);
      context.drawImage(image, l * ratio, t * ratio, w * ratio, h * ratio);
      this.shown.push([at, l, t, w, h]);
    }
  }

  /** Rings around what is selected and has no small picture. */
  marks(view, chosen) {
    const { plane, context, ratio } = this;
    const drawn = new Set(this.shown.map(([at]) => at));
    const size = Math.max(3, 3 + Math.log2(view.zoom) / 2) * ratio;
    context.fillStyle = this.mark;
    plane.each(view.box(8), (at) => {
      if (!chosen[at] || drawn.has(at)) return;
      const [px, py] = view.place(plane.x[at], plane.y[at]);
      context.fillRect(px * ratio - size / 2, py * ratio - size / 2, size, size);
    });
  }

  lasso(points) {
    const { context, ratio } = this;
    context.beginPath();
    points.forEach(([x, y], at) => context[at ? "lineTo" : "moveTo"](x * ratio, y * ratio));
    context.closePath();
    context.lineWidth = 2 * ratio;
    context.strokeStyle = this.mark;
    context.setLineDash([6 * ratio, 4 * ratio]);
    context.stroke();
    context.setLineDash([]);
  }

  /** The point whose small picture lies at a place of the page; -1 for none. */
  pictureAt(x, y) {
    for (let place = this.shown.length - 1; place >= 0; place--) {
      const [at, left, top, width, height] = this.shown[place];
      if (x >= left && x <= left + width && y >= top && y <= top + height) return at;
    }
    return -1;
  }
}
