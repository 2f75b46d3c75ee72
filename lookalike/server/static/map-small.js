// Small pictures for the map: a few at a time, those in view first, the last ones kept.

import { PREFIX } from "./api.js";

const AT_ONCE = 6;
const KEPT = 1000;
const TRIES = 3;
const PAUSE = 2000; // milliseconds before one that failed is tried again: the server may be busy

/** The address of a small picture. */
export const smallPicture = (id, size = 128) => `${PREFIX}/pictures/${encodeURIComponent(id)}/thumbnail?size=${size}`;

export class SmallPictures {
  /** @param {function()} came called when one has come. */
  constructor(came) {
    this.came = came;
    this.images = new Map();
    this.failed = new Map(); // by id [how often, until when it is left alone]
    this.wanted = [];
    this.loading = new Set();
  }

  /** The image, if it is there. */
  get(id) {
    const image = this.images.get(id);
    if (image) {
      this.images.delete(id);
      this.images.set(id, image); // used last
    }
    return image;
  }

  /** These are in view; what was wanted before, and isn't loading yet, isn't wanted any more. */
  want(ids) {
    this.wanted = ids.filter((id) => !this.images.has(id));
    this.load();
  }

  load() {
    const now = performance.now();
    for (const id of this.wanted) {
      if (this.loading.size >= AT_ONCE) return;
      const [tries, until] = this.failed.get(id) ?? [0, 0];
      if (this.loading.has(id) || this.images.has(id) || tries >= TRIES || until > now) continue;
      this.fetch(id, tries);
    }
  }

  async fetch(id, tries) {
    this.loading.add(id);
    const image = new Image();
    image.src = smallPicture(id);
    try {
      await image.decode();
      this.images.set(id, image);
      if (this.images.size > KEPT) this.images.delete(this.images.keys().next().value);
      this.came();
    } catch {
      this.failed.set(id, [tries + 1, performance.now() + PAUSE]);
      setTimeout(() => this.load(), PAUSE + 50);
    }
    this.loading.delete(id);
    this.load();
  }
}
