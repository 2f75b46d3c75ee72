// A grid of any number of pictures: only what is seen, and a little around it, is there.

import { card } from "./cards.js";
import { make } from "./dom.js";

const PAGE = 120; // pictures that are asked for at once
const PAGES = 60; // that are kept
const PAUSE = 60; // milliseconds that one has to stay before anything is asked for
const LEAST = 150; // pixels that a column is wide
const GAP = 14;
const TEXT = 54; // pixels below a picture
const HEADING = 52;

/** A grid. */
export class VirtualGrid {
  /**
   * @param {object[]} sections with `title` (null for none) and `count`, in their order.
   * @param {function(number, number, AbortSignal): Promise<object[]>} ask for pictures: from which
   *   one on, and how many.
   * @param {function(object): object[]} acts what can be done with a picture, see cards.js.
   * @param {AbortSignal} signal aborted when the view is left.
   * @param {function(number)} moved called with the first picture that is seen.
   * @param {function()} drawn called when there are other pictures than before.
   * @param {function(Error)} failed called when pictures can't be had.
   */
  constructor({ sections, ask, acts, signal, moved, drawn, failed }) {
    Object.assign(this, { ask, acts, signal, moved, drawn, failed });
    let start = 0;
    this.sections = sections.map(({ title, count }) => {
      const section = { title, count, start };
      start += count;
      return section;
    });
    this.total = start;
    this.pages = new Map(); // by their number: the pictures, or null while they are asked for
    this.cells = new Map(); // by the pictures' numbers
    this.headings = new Map();
    this.list = make("ul", { className: "cells" });
    this.element = make("div", { className: "virtual" }, this.list);
    this.element.addEventListener("keydown", (event) => this.key(event));
    const draw = () => {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.draw();
      });
    };
    addEventListener("scroll", draw, { signal, passive: true });
    const sized = new ResizeObserver(() => this.lay() && draw());
    sized.observe(this.element);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** Where everything is, at this width; false if that hasn't changed. */
  lay() {
    const width = this.element.clientWidth;
    if (!width || width === this.width) return false;
    const seen = this.width && this.first();
    this.width = width;
    this.columns = Math.max(2, Math.floor((width + GAP) / (LEAST + GAP)));
    this.cell = (width + GAP) / this.columns - GAP;
    this.row = this.cell + TEXT + GAP;
    let top = 0;
    for (const section of this.sections) {
      section.top = top;
      section.body = top + (section.title === null ? 0 : HEADING);
      top = section.body + Math.ceil(section.count / this.columns) * this.row;
    }
    this.element.style.height = `${top}px`;
    for (const item of [...this.cells.values(), ...this.headings.values()]) item.remove();
    this.cells.clear();
    this.headings.clear();
    if (seen) this.show(seen); // what was seen stays
    return true;
  }

  get above() {
    return this.element.getBoundingClientRect().top + scrollY;
  }

  /** The section at a height, or the last one above it. */
  at(y) {
    let [low, high] = [0, this.sections.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.sections[middle].top <= y) low = middle;
      else high = middle - 1;
    }
    return this.sections[low];
  }

  /** The section of a picture. */
  sectionOf(number) {
    let [low, high] = [0, this.sections.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.sections[middle].start <= number) low = middle;
      else high = middle - 1;
    }
    return this.sections[low];
  }

  /** The number of the first picture at or below a height. */
  numberAt(y) {
    const section = this.at(y);
    const rows = Math.max(0, Math.floor((y - section.body) / this.row));
    return Math.min(section.start + section.count - 1, section.start + rows * this.columns);
  }

  /** The first picture that is seen. */
  first() {
    return this.total ? this.numberAt(Math.max(0, scrollY + this.covered + this.row / 3 - this.above)) : 0;
  }

  /** The height of a picture in the grid, or of the heading above it if it is the first one. */
  topOf(number) {
    const section = this.sectionOf(number);
    const row = Math.floor((number - section.start) / this.columns);
    return row === 0 ? section.top : section.body + row * this.row;
  }

  /** Scroll to a picture. */
  show(number) {
    scrollTo(0, this.above + this.topOf(number) - this.covered);
  }

  /** Pixels of the window's top that are covered by what sticks there. */
  get covered() {
    const stuck = [document.querySelector("header"), this.element.parentElement.querySelector(".timeline")];
    return stuck.reduce((sum, one) => sum + (one?.offsetHeight ?? 0), 0);
  }

  draw() {
    if (this.signal.aborted || !this.width || !this.total) return;
    const from = scrollY - this.above;
    const [least, most] = [from - innerHeight, from + 2 * innerHeight];
    const first = this.numberAt(Math.max(0, least));
    const last = Math.min(this.total - 1, this.numberAt(Math.max(0, most)) + this.columns - 1);
    for (const [number, cell] of this.cells) {
      if (number >= first && number <= last) continue;
      if (cell.contains(document.activeElement)) continue; // else the focus would be lost
      cell.remove();
      this.cells.delete(number);
    }
    let before = null;
    for (let number = first; number <= last; number += 1) {
      const cell = this.cellOf(number);
      if (!cell.isConnected) {
        if (before) before.after(cell);
        else this.list.prepend(cell);
      }
      before = cell;
    }
    this.drawHeadings(least, most);
    this.moved(this.first());
    this.drawn();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.want(first, last), PAUSE);
  }

  drawHeadings(least, most) {
    for (const section of this.sections) {
      if (section.title === null) continue;
      const seen = section.top >= least && section.top <= most;
      const known = this.headings.get(section);
      if (known && !seen) {
        known.remove();
        this.headings.delete(section);
      } else if (!known && seen) {
        const heading = make("h2", { className: "heading" }, section.title);
        heading.style.top = `${section.top}px`;
        this.headings.set(section, heading);
        this.element.append(heading);
      }
    }
  }

  cellOf(number) {
    const known = this.cells.get(number);
    if (known) return known;
    const picture = this.pages.get(Math.floor(number / PAGE))?.[number % PAGE];
    const cell = picture ? card(picture, this.acts) : make("li", { className: "card waiting" });
    const section = this.sectionOf(number);
    const inside = number - section.start;
    const style = cell.style;
    style.width = `${this.cell}px`;
    style.height = `${this.row - GAP}px`;
    style.left = `${(inside % this.columns) * (this.cell + GAP)}px`;
    style.top = `${section.body + Math.floor(inside / this.columns) * this.row}px`;
    cell.setAttribute("aria-setsize", String(this.total));
    cell.setAttribute("aria-posinset", String(number + 1));
    this.cells.set(number, cell);
    return cell;
  }

  /** Ask for the pages of some pictures. */
  async want(first, last) {
    const pages = [];
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      if (this.pages.has(page)) this.pages.set(page, take(this.pages, page)); // used last
      else pages.push(page);
    }
    await Promise.all(pages.map((page) => this.fetch(page)));
  }

  async fetch(page) {
    this.pages.set(page, null);
    try {
      const found = await this.ask(page * PAGE, PAGE, this.signal);
      this.pages.set(page, found);
    } catch (error) {
      this.pages.delete(page);
      if (error.name !== "AbortError" && !this.signal.aborted) this.failed(error);
      return;
    }
    for (const old of this.pages.keys()) {
      if (this.pages.size <= PAGES) break;
      this.pages.delete(old);
    }
    for (const [number, cell] of [...this.cells]) {
      if (Math.floor(number / PAGE) !== page || !cell.classList.contains("waiting")) continue;
      this.cells.delete(number);
      cell.replaceWith(this.cellOf(number));
    }
    if (this.wanted !== undefined) this.focus(this.wanted);
    this.drawn();
  }

  /** Ask again for what couldn't be had. */
  again() {
    this.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.columns,
      ArrowDown: this.columns,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    const own = [...this.cells].find(([, cell]) => cell.contains(document.activeElement));
    if (!own) return;
    event.preventDefault();
    const from = this.wanted ?? own[0]; // keys may come faster than pictures
    const to = Math.min(this.total - 1, Math.max(0, from + step));
    const top = this.above + this.topOf(to);
    if (top < scrollY + this.covered) scrollTo(0, top - this.covered - GAP);
    else if (top + this.row > scrollY + innerHeight) scrollTo(0, top + this.row - innerHeight + GAP);
    this.draw();
    this.focus(to);
  }

  focus(number) {
    const link = this.cells.get(number)?.querySelector("a");
    this.wanted = link ? undefined : number; // its picture is still asked for
    link?.focus({ preventScroll: true });
  }
}

function take(map, key) {
  const value = map.get(key);
  map.delete(key);
  return value;
}
