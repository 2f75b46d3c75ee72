// Points in the plane, sorted into cells, so that those of a view are found without looking at all.

const SIDE = 128; // cells along each side of the plane
const WHOLE = 65535; // of the interface's coordinates

const cellOf = (share) => Math.min(SIDE - 1, Math.max(0, Math.floor(share * SIDE)));

/** Whether a point lies in a polygon, by how often a ray from it crosses the edges. */
function inside(px, py, polygon) {
  let within = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at++) {
    const [x, y] = polygon[at];
    const [u, v] = polygon[before];
    if (y > py !== v > py && px < ((u - x) * (py - y)) / (v - y) + x) within = !within;
  }
  return within;
}

export class Plane {
  /** @param {Array<object>} points each with the id of a picture, x and y: 0 to 65535. */
  constructor(points) {
    const count = points.length;
    this.ids = points.map((point) => point.id);
    this.count = count;
    this.x = Float32Array.from(points, (point) => point.x / WHOLE);
    this.y = Float32Array.from(points, (point) => point.y / WHOLE);
    this.starts = new Uint32Array(SIDE * SIDE + 1);
    this.sorted = new Uint32Array(count);
    const cells = new Uint16Array(count);
    for (let at = 0; at < count; at++) {
      cells[at] = cellOf(this.y[at]) * SIDE + cellOf(this.x[at]);
      this.starts[cells[at] + 1]++;
    }
    for (let cell = 0; cell < SIDE * SIDE; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    for (let at = 0; at < count; at++) this.sorted[next[cells[at]]++] = at;
  }

  /** Call something with each point of a box of shares. */
  each({ left, top, right, bottom }, act) {
    const { x, y, starts, sorted } = this;
    const [first, last] = [cellOf(left), cellOf(right)];
    for (let row = cellOf(top); row <= cellOf(bottom); row++) {
      const end = starts[row * SIDE + last + 1];
      for (let place = starts[row * SIDE + first]; place < end; place++) {
        const at = sorted[place];
        if (x[at] >= left && x[at] <= right && y[at] >= top && y[at] <= bottom) act(at);
      }
    }
  }

  /** How many points a box has, at most; exact but for cells that it cuts. */
  about({ left, top, right, bottom }) {
    let count = 0;
    const [first, last] = [cellOf(left), cellOf(right)];
    for (let row = cellOf(top); row <= cellOf(bottom); row++) {
      count += this.starts[row * SIDE + last + 1] - this.starts[row * SIDE + first];
    }
    return count;
  }

  /** The points of a box, in the order of the pictures. */
  within(box) {
    const found = [];
    this.each(box, (at) => found.push(at));
    return found.sort((a, b) => a - b);
  }

  /** The point nearest to another one, no farther than so much; -1 for none. */
  nearest(px, py, most) {
    let best = -1;
    let least = most * most;
    this.each({ left: px - most, top: py - most, right: px + most, bottom: py + most }, (at) => {
      const far = (this.x[at] - px) ** 2 + (this.y[at] - py) ** 2;
      if (far < least || (far === least && (best < 0 || at < best))) {
        best = at;
        least = far;
      }
    });
    return best;
  }

  /** The points in a polygon of shares, in the order of the pictures. */
  lassoed(polygon) {
    const xs = polygon.map(([x]) => x);
    const ys = polygon.map(([, y]) => y);
    const box = { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
    return this.within(box).filter((at) => inside(this.x[at], this.y[at], polygon));
  }
}
