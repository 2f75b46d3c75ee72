// The pictures in view of the map, and those that are selected, as a list: for who can't see the map,
// and to do something with them.

import { query } from "./api.js";
import { copy } from "./copying.js";
import { announce, complaint, fill, make } from "./dom.js";
import { recordsOf } from "./records.js";
import { smallPicture } from "./map-small.js";
import { counted, path } from "./words.js";

const STEP = 24; // pictures that are listed at a time
const MOST_PATHS = 5000; // that are copied

export class MapList {
  /**
   * @param {Plane} plane of the points.
   * @param {Chosen} chosen which are selected.
   * @param {AbortSignal} signal aborted when the view is left.
   * @param {function()} changed called when something was selected here.
   */
  constructor(plane, chosen, signal, changed) {
    Object.assign(this, { plane, chosen, signal, changed });
    this.points = []; // in view
    this.shown = 0;
    this.only = false; // whether the selected ones are listed
    this.turn = 0; // which question's answer is shown
    this.count = make("span", { className: "told" });
    const button = (text, act) => make("button", { type: "button", onclick: act }, text);
    this.toggle = button("Show as list", () => this.choose(!this.only));
    this.pair = make("a", { className: "button" }, "Compare the two");
    this.copier = button("Copy paths", () => this.copy());
    this.bar = make("div", { className: "chosen" }, this.count, this.toggle, this.pair, this.copier);
    this.heading = make("h2", { tabIndex: -1 });
    this.list = make("ul", { className: "listed" });
    this.more = button("Show more", () => this.grow(true));
    this.more.className = "more";
    this.wrong = make("div");
    this.element = make("section", { "aria-label": "Pictures of the map" }, this.bar, this.wrong, this.heading, this.list, this.more);
  }

  /** These points are in view now. */
  view(points) {
    this.points = points;
    if (!this.only) this.show();
  }

  /** The selection has changed; `again` lists it anew, if it is listed. */
  selection(again = true) {
    const { count } = this.chosen;
    this.count.textContent = count ? `${counted(count, "picture")} selected` : "Nothing is selected";
    this.toggle.hidden = this.copier.hidden = count === 0;
    this.pair.hidden = count !== 2;
    if (count === 2) {
      const [a, b] = this.chosen.points().map((at) => this.plane.ids[at]);
      this.pair.href = `/compare?${query({ a, b })}`;
    }
    if (again && this.only) this.choose(count > 0, false);
    for (const box of this.list.querySelectorAll("input")) box.checked = this.chosen.marks[box.value] === 1;
  }

  choose(only, focus = true) {
    this.only = only;
    this.toggle.textContent = only ? "List what is in view" : "Show as list";
    this.show();
    if (focus) this.heading.focus();
  }

  /** List from the start. */
  show() {
    const listed = this.only ? this.chosen.points() : this.points;
    const what = this.only ? "Selected" : "In view";
    this.heading.textContent = `${what}: ${counted(listed.length, "picture")}`;
    this.listed = listed;
    this.shown = 0;
    this.turn += 1;
    this.grow(false);
  }

  async grow(focus) {
    const turn = this.turn;
    const from = this.shown;
    const points = this.listed.slice(from, from + STEP);
    let records;
    try {
      records = await recordsOf(points.map((at) => this.plane.ids[at]), this.signal);
    } catch (error) {
      if (error.name !== "AbortError") fill(this.wrong, complaint(error.message));
      return;
    }
    if (turn !== this.turn || this.signal.aborted) return;
    const of = new Map(records.map((one) => [one.id, one]));
    const rows = points.filter((at) => of.has(this.plane.ids[at])).map((at) => this.row(at, of.get(this.plane.ids[at])));
    if (from === 0) fill(this.list, ...rows);
    else this.list.append(...rows);
    fill(this.wrong);
    this.shown = from + points.length;
    this.more.hidden = this.shown >= this.listed.length;
    if (focus) rows[0]?.querySelector("a").focus();
  }

  row(at, picture) {
    const name = path(picture.name);
    const box = make("input", { type: "checkbox", value: String(at), checked: this.chosen.marks[at] === 1 });
    box.setAttribute("aria-label", `Select ${name}`);
    box.addEventListener("change", () => {
      this.chosen.turn(at);
      this.changed();
    });
    return make(
      "li",
      {},
      box,
      make("img", { alt: "", loading: "lazy", src: smallPicture(picture.id) }),
      make("a", { href: picture.links.page, title: path(picture.path) }, name),
    );
  }

  async copy() {
    const points = this.chosen.points().slice(0, MOST_PATHS);
    this.copier.disabled = true;
    try {
      const records = await recordsOf(points.map((at) => this.plane.ids[at]), this.signal);
      const done = await copy(records.map((one) => path(one.path)).join("\n"), this.copier);
      const left = this.chosen.count - points.length;
      const told = left > 0 ? `The first ${counted(points.length, "path")} are copied.` : `${counted(points.length, "path")} copied.`;
      this.copier.textContent = done ? "Copied" : "Copying isn't allowed";
      announce(done ? told : "The paths can't be copied.");
    } catch (error) {
      if (error.name !== "AbortError") fill(this.wrong, complaint(error.message));
    }
    this.copier.disabled = false;
    setTimeout(() => {
      this.copier.textContent = "Copy paths";
    }, 3000);
  }
}
