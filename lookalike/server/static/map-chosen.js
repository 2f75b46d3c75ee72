// Which pictures of the map are selected; kept over a reload.

const NAME = "lookalike.map";
const MOST = 20_000; // that a browser is asked to keep

export class Chosen {
  /** @param {Plane} plane of the points. */
  constructor(plane) {
    this.plane = plane;
    this.marks = new Uint8Array(plane.count);
    this.count = 0;
    let kept = [];
    try {
      kept = JSON.parse(sessionStorage.getItem(NAME)) ?? [];
    } catch {
      // Of another version: nothing is selected.
    }
    if (!kept.length) return;
    const there = new Set(kept);
    plane.ids.forEach((id, at) => there.has(id) && this.put(at, 1));
  }

  put(at, mark) {
    this.count += mark - this.marks[at];
    this.marks[at] = mark;
  }

  /** Select some points, beside those that are, or in their place. */
  take(points, more = false) {
    if (!more) this.marks.fill(0), (this.count = 0);
    for (const at of points) this.put(at, 1);
    this.keep();
  }

  turn(at) {
    this.put(at, this.marks[at] ? 0 : 1);
    this.keep();
  }

  /** The points, in the order of the pictures. */
  points() {
    const found = [];
    if (this.count) this.marks.forEach((mark, at) => mark && found.push(at));
    return found;
  }

  keep() {
    const ids = this.points().slice(0, MOST).map((at) => this.plane.ids[at]);
    try {
      sessionStorage.setItem(NAME, JSON.stringify(ids));
    } catch {
      // No room: then it isn't kept.
    }
  }
}
