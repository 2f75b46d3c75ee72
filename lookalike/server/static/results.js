// What a search found: filters by kind, how alike, the grid, and what is folded away below it.

import { added, changed, comparing, isFiltered } from "./addresses.js";
import { arrows, card } from "./cards.js";
import { announce, fill, make } from "./dom.js";
import { noPictures } from "./empty.js";
import { endless } from "./endless.js";
import { isFolded, similaritySlider, slider } from "./nearness.js";
import { go, remember, remembered } from "./router.js";
import { KINDS, counted, kindOf } from "./words.js";

const STEP = 40;
const MOST = 1000; // that the interface gives at once

/** What can be done with a hit of the picture `id`, or of words. */
const actsOf = (id) => (hit) => {
  const address = new URL(location.href);
  if (id === null) return [{ key: "c", sign: "⇄", name: "Compare", href: comparing(hit.id, null) }];
  return [
    { key: "+", sign: "+", name: "More like this", href: added(address, "more", hit.id) },
    { key: "-", sign: "−", name: "Less like this", href: added(address, "less", hit.id) },
    { key: "c", sign: "⇄", name: "Compare", href: comparing(id, hit.id) },
  ];
};

const timed = (took) => (took === undefined ? "" : ` (${Math.max(1, Math.round(1000 * took))} ms)`);

const wordsSummary = (hits, took) =>
  hits.length === 1 ? `One picture${timed(took)}` : `What fits best comes first${timed(took)}`;

function summary(hits, took, more, { together, byWords }) {
  if (byWords) return wordsSummary(hits, took);
  const parts = hits.filter((hit) => hit.kind === "part").length;
  const alike = hits.filter((hit) => hit.kind === "alike").length;
  const copies = hits.length - parts - alike;
  const others = more ? "most alike" : `${alike.toLocaleString("en")} most alike`;
  const time = timed(took);
  if (!hits.length) return `Nothing that is like it${time}`;
  if (together) return `The ${others} to these together${time}`; // whatever they are to each
  // A part is another picture, which holds it or is held by it.
  const told = parts === 1 ? "1 part" : `${parts} parts`;
  const copied = copies === 1 ? "1 copy of it" : `${copies} copies of it`;
  if (copies + parts === 0) return `No copy of it; the ${others}${time}`;
  const found = copies === 0 ? `No copy of it, but ${told}` : parts ? `${copied}, ${told}` : copied;
  return `${found}${alike ? `, then the ${others}` : ""}${time}`;
}

/** One search and how it is shown. */
class Results {
  constructor(place, id, ask, signal, address) {
    Object.assign(this, { place, id, ask, signal, byWords: id === null });
    this.hits = [];
    this.next = 0;
    this.cards = new Map(); // by the hits' ids: a card stays the same when the line moves
    this.list = arrows(make("ul", { className: "grid" }));
    this.below = arrows(make("ul", { className: "grid" }));
    this.text = make("p", { className: "summary" });
    this.controls = make("div", { className: "controls" });
    this.kinds = make("div");
    this.fold = make("details", { className: "fold" }, make("summary"), this.below);
    this.readAddress(address);
  }

  readAddress(address) {
    this.kind = address.searchParams.get("kind");
    this.isFiltered = isFiltered(address);
    this.ofLibrary = address.pathname.startsWith("/pictures/");
    const least = Number(address.searchParams.get("similarity"));
    this.least = least > 0 && least <= 1 ? least : null;
    this.together = ["more", "less"].some((name) => address.searchParams.get(name));
    const most = address.searchParams.get("max_chance");
    this.most = most === null || Number.isNaN(Number(most)) ? null : Number(most);
  }

  /** The first hits as their codes have them: they come long before those that were looked at. */
  async loadFirst() {
    const found = await this.ask({ k: STEP, after: 0, all: true, look: false });
    if (this.signal.aborted) return;
    this.hits = found.hits;
    this.next = null;
    this.isLooking = true;
    this.draw();
    fill(this.place, this.text, this.list);
  }

  /** What a look found replaces what the codes had; a card that stays the same is kept. */
  async loadLooked(k) {
    const found = await this.ask({ k, after: 0, all: true });
    if (this.signal.aborted) return;
    const first = new Map(this.hits.map((hit) => [hit.id, hit.kind]));
    const focused = this.hits.find((hit) => this.cards.get(hit.id)?.contains(document.activeElement));
    for (const hit of found.hits) {
      if (first.has(hit.id) && (hit.verified || hit.kind !== first.get(hit.id))) this.cards.delete(hit.id);
    }
    Object.assign(this, { hits: [], next: 0, isLooking: false, focused: focused?.id });
    this.take(found);
  }

  async load(k) {
    const found = await this.ask({ k, after: this.next, all: true });
    return this.signal.aborted ? 0 : this.take(found);
  }

  take(found) {
    const known = new Set(this.hits.map((hit) => hit.id));
    const fresh = found.hits.filter((hit) => !known.has(hit.id));
    this.hits.push(...fresh);
    this.next = found.next;
    this.took = found.seconds.total ?? this.took;
    remember({ hits: this.hits.length });
    return fresh.length;
  }

  cardOf(hit) {
    if (!this.cards.has(hit.id)) this.cards.set(hit.id, card(hit, actsOf(this.id)));
    return this.cards.get(hit.id);
  }

  isFolded(hit) {
    return isFolded(hit, this.most, this.least);
  }

  /** The slider for what these hits have: a chance, or else a similarity. */
  slider() {
    const moved = (field, name) => (line, stays) => {
      this[field] = line;
      this.draw();
      if (!stays) return;
      go(changed(new URL(location.href), { [name]: line }), { replace: true });
      announce(this.text.textContent);
    };
    return (
      slider(this.hits, this.most, moved("most", "max_chance")) ??
      similaritySlider(this.hits, this.least, moved("least", "similarity"))
    );
  }

  /** Whether what comes next would be folded away: then people have to ask for it. */
  get beyond() {
    return this.hits.length > 0 && this.isFolded(this.hits.at(-1));
  }

  draw() {
    const fits = (hit) => this.kind === null || this.kind.split(",").includes(hit.kind);
    const near = this.hits.filter((hit) => !this.isFolded(hit));
    const far = this.hits.filter((hit) => this.isFolded(hit) && fits(hit));
    keep(this.list, near.filter(fits).map((hit) => this.cardOf(hit)));
    keep(this.below, far.map((hit) => this.cardOf(hit)));
    this.fold.hidden = far.length === 0;
    const goes = this.next !== null;
    const many = `${far.length.toLocaleString("en")}${goes ? " and more" : ""}`;
    const one = far.length === 1 && !goes;
    const line = this.most === null && this.least === null ? "no nearer than chance" : "beyond this line";
    this.fold.firstElementChild.textContent = `${many} ${one ? "is" : "are"} ${line}`;
    if (this.isLooking) {
      this.text.textContent = this.hits.length ? "Most alike by their codes. Looking at them…" : "Searching…";
      return;
    }
    if (this.hits.length) this.text.textContent = summary(near, this.took, goes && !this.beyond, this);
    else fill(this.text, ...this.nothing());
    fill(this.kinds, this.kindChoice(near));
    if (this.end) this.end.hidden = !goes || this.beyond;
    if (this.deeper) this.deeper.hidden = !goes || !this.beyond;
  }

  /** What is said where there is no hit at all. */
  nothing() {
    const other = this.ofLibrary ? "other " : "";
    if (this.isFiltered) return [`The library holds no ${other}picture that fits.`];
    return this.ofLibrary ? ["The library holds no other picture."] : noPictures();
  }

  kindChoice(hits) {
    const counts = new Map();
    for (const hit of hits) counts.set(hit.kind, (counts.get(hit.kind) ?? 0) + 1);
    if (counts.size < 2 && this.kind === null) return null;
    const choice = (kind, name, count) => {
      const id = `kind-${kind ?? "all"}`;
      const input = make("input", { type: "radio", name: "kind", id, checked: kind === this.kind });
      input.addEventListener("change", () => {
        go(changed(new URL(location.href), { kind }), { replace: true });
        announce(`${counted(kind === null ? hits.length : counts.get(kind), "picture")} shown.`);
        document.getElementById(id)?.focus();
      });
      const dot = kind && make("span", { className: `dot ${kind}`, "aria-hidden": "true" });
      return [input, make("label", { for: id }, dot, `${name} `, make("span", {}, String(count)))];
    };
    return make(
      "fieldset",
      { className: "filters" },
      make("legend", { className: "hidden" }, "Show"),
      ...choice(null, "All", hits.length),
      ...[...new Set([...Object.keys(KINDS), ...counts.keys()])]
        .filter((kind) => counts.has(kind) || kind === this.kind)
        .flatMap((kind) => choice(kind, kindOf(kind).name, counts.get(kind) ?? 0)),
    );
  }

  async show() {
    const k = Math.min(MOST, Math.max(STEP, remembered().hits ?? 0));
    // Back at a place that was left; or asked with several pictures or words: nothing is looked at.
    const looks = !this.together && !this.byWords;
    if (remembered().hits === undefined && looks) await this.loadFirst();
    if (!this.signal.aborted) await this.loadLooked(k);
    if (this.signal.aborted) return;
    const further = async () => {
      const added = await this.load(STEP);
      this.draw();
      return { added, done: this.next === null };
    };
    this.end = endless(further, this.signal);
    this.deeper = endless(further, this.signal);
    this.fold.append(this.deeper);
    this.fold.open = remembered().unfolded ?? false;
    this.fold.addEventListener("toggle", () => remember({ unfolded: this.fold.open }));
    fill(this.controls, this.kinds, this.slider());
    this.draw();
    fill(this.place, this.text, this.controls, this.list, this.end, this.fold);
    if (this.focused) this.cards.get(this.focused)?.querySelector("a")?.focus();
    announce(this.text.textContent);
  }

  update(address) {
    this.readAddress(address);
    this.draw();
  }
}

/** Put some cards into a list; those that stay aren't touched, so that they keep the focus. */
function keep(list, cards) {
  const wanted = new Set(cards);
  for (const old of [...list.children]) if (!wanted.has(old)) old.remove();
  cards.forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
}

/**
 * Search, and show what was found.
 * @param {HTMLElement} place to fill.
 * @param {?string} id of the picture that is asked with; null for words.
 * @param {function(object): Promise<object>} ask the interface, with `k`, `after` and `all`.
 * @param {AbortSignal} signal aborted when the search isn't wanted any more.
 * @param {URL} address with the kind and the line that are chosen.
 * @returns {Promise<{update: function(URL): void}>}
 */
export async function showResults(place, id, ask, signal, address) {
  const results = new Results(place, id, ask, signal, address);
  await results.show();
  return results;
}
