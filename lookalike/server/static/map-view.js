// What of the plane is in view: where, and how large.

const DEEPEST = 65536; // times the size at which all is in view
const ROOM = 0.9; // of the smaller side, for the whole plane

export class View {
  constructor() {
    this.width = this.height = 1;
    this.zoom = 1; // 1: all is in view
    this.x = this.y = 0.5; // shares of the plane, in the middle of the view
  }

  /** Pixels of the page for the whole plane. */
  get scale() {
    return this.least * this.zoom;
  }

  get least() {
    return ROOM * Math.min(this.width, this.height);
  }

  get left() {
    return this.x - this.width / 2 / this.scale;
  }

  get top() {
    return this.y - this.height / 2 / this.scale;
  }

  /** The box of shares that is in view, with some pixels around it. */
  box(around = 0) {
    const { left, top, scale } = this;
    const more = around / scale;
    return {
      left: left - more,
      top: top - more,
      right: left + this.width / scale + more,
      bottom: top + this.height / scale + more,
    };
  }

  /** Where shares of the plane are on the page. */
  place(x, y) {
    return [(x - this.left) * this.scale, (y - this.top) * this.scale];
  }

  /** The shares of the plane at a place of the page. */
  share(px, py) {
    return [this.left + px / this.scale, this.top + py / this.scale];
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  /** Move by pixels of the page. */
  move(across, down) {
    this.x = Math.min(1, Math.max(0, this.x - across / this.scale));
    this.y = Math.min(1, Math.max(0, this.y - down / this.scale));
  }

  /** Zoom by a factor; what is at a place of the page stays there. */
  magnify(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.share(px, py);
    this.zoom = Math.min(DEEPEST, Math.max(1, this.zoom * factor));
    const [nx, ny] = this.place(x, y);
    this.move(px - nx, py - ny);
  }

  all() {
    this.zoom = 1;
    this.x = this.y = 0.5;
  }

  /** As it stands in an address. */
  get text() {
    return [this.x, this.y].map((share) => share.toFixed(5)).join(",") + `,${this.zoom.toFixed(2)}`;
  }

  /** Take what stands in an address; what is wrong there shows all. */
  take(text) {
    const [x, y, zoom] = (text ?? "").split(",").map(Number);
    if (![x, y, zoom].every(Number.isFinite)) {
      this.all();
      return;
    }
    this.zoom = Math.min(DEEPEST, Math.max(1, zoom));
    this.x = Math.min(1, Math.max(0, x));
    this.y = Math.min(1, Math.max(0, y));
  }
}
