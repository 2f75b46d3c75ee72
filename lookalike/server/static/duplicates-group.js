// One group of duplicates: its pictures, what is decided about each, and a close look at two.

import { takeBack } from "./duplicates-bar.js";
import { accept, decided, keep, mark, pictures, reject, settle } from "./duplicates-decisions.js";
import { showDetails } from "./details.js";
import { announce, complaint, fill, make } from "./dom.js";
import { KINDS, address, further } from "./duplicates-groups.js";
import { helpButton, listen } from "./keys.js";
import { verdict } from "./duplicates-list.js";
import { LOOKS, look } from "./duplicates-look.js";
import { member } from "./duplicates-member.js";
import { go, remember, remembered } from "./router.js";
import { bytes, counted, path } from "./words.js";

/** The group that comes so many behind another one; null where there is none. */
async function beside(loaded, group, step, signal) {
  const at = loaded.groups.indexOf(group) + step;
  if (at >= loaded.groups.length) await further(signal);
  return loaded.groups[at] ?? null;
}

function heading(group, loaded) {
  const free = group.bytes_to_free ? `, ${bytes(group.bytes_to_free)} to free` : "";
  const at = loaded.groups.indexOf(group) + 1;
  const kind = KINDS[group.kind] ?? group.kind;
  const total = loaded.more ? loaded.found.total : loaded.groups.length; // settled ones are still here
  const place = `group ${at.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  return make(
    "h1",
    {},
    `${kind}: ${counted(1 + group.members.length, "picture")}${free} `,
    make("span", { className: "facts" }, place),
  );
}

/**
 * Fill the page with a group.
 * @param {HTMLElement} place to fill.
 * @param {object} group of the interface.
 * @param {object} loaded of duplicates-groups.js.
 * @param {object} wanted what the address asks for.
 * @param {AbortSignal} signal aborted when another thing is shown.
 */
export function openGroup(place, group, loaded, wanted, signal) {
  const all = pictures(group);
  const stateLine = make("span", { className: "verdict", role: "status" });
  const wrong = make("div");
  const desk = make("div", { className: "desk" });
  let current = Math.min(remembered().picture ?? 1, all.length - 1);
  let mode = remembered().look ?? "beside";
  let shown = null; // the close look at two

  const say = (why) => {
    fill(wrong, why ? complaint(why) : null);
  };
  const fails = (error) => error.name !== "AbortError" && say(error.message);
  const open = (to) => to && go(address({ ...wanted, group: to.id }), { replace: true });
  const step = (by) => beside(loaded, group, by, signal).then(open, fails);
  const toList = () => go(address({ ...wanted, group: null }));
  const done = (words) => {
    say("");
    announce(words);
  };
  const acts = {
    keep(picture) {
      keep(group, picture);
      done(`${path(picture.name)} is kept.`);
    },
    mark(picture) {
      const why = mark(group, picture);
      say(why);
      if (!why) announce(decided(group).remove.has(picture.id) ? "Marked for removal." : "The mark is taken away.");
    },
    reject(picture) {
      if (picture.id === group.keep.id) return say("Choose one of the others: each was compared with this one.");
      if (picture.kind === "same-bytes") return say("Both files have the same bytes. Settle the group to keep both.");
      if (decided(group).different.has(picture.id)) return null;
      return reject(group, picture).then(() => done("No duplicate, for good."), fails);
    },
    look(picture) {
      choose(all.indexOf(picture), false);
    },
  };
  const cards = all.map((picture) => member(group, picture, acts));
  const take = async () => {
    if (!accept([group])) return say("Nothing may go of this group: settle it, or go on.");
    done(`${verdict(group)}.`);
    return step(1);
  };
  const settled = () =>
    settle(group).then(() => {
      done("Settled.");
      return step(1);
    }, fails);
  const pair = () => all[current || 1];
  const draw = (focus = false) => {
    const chosen = all[current];
    cards.forEach((card, at) => {
      card.tell();
      card.element.classList.toggle("current", at === current);
    });
    if (mode !== "beside" && shown?.of === chosen.id && shown.mode === mode) return;
    shown?.end.abort();
    shown = null;
    place.classList.toggle("close", mode !== "beside");
    if (mode === "beside") {
      fill(desk);
      return;
    }
    const end = new AbortController();
    signal.addEventListener("abort", () => end.abort());
    shown = { of: chosen.id, mode, end, ...look(desk, pair(), group.keep, mode, focus, end.signal) };
  };
  const choose = (to, focus = true) => {
    current = Math.max(0, Math.min(all.length - 1, to));
    remember({ picture: current, look: mode });
    draw(focus);
    if (!focus) return;
    if (mode === "flicker" || mode === "swipe") announce(path(all[current].name));
    else cards[current].focus();
  };
  const set = (wished, focus = false) => {
    mode = wished;
    for (const input of looks.querySelectorAll("input")) input.checked = input.value === mode;
    choose(current, focus);
  };
  const looks = make(
    "fieldset",
    { className: "filters" },
    make("legend", { className: "hidden" }, "Look"),
    ...Object.entries(LOOKS).flatMap(([value, { name, key }]) => {
      const id = `look-${value}`;
      const input = make("input", { type: "radio", name: "look", id, value, checked: value === mode });
      input.addEventListener("change", () => set(value));
      return [input, make("label", { for: id, title: key }, name)];
    }),
  );
  const keys = [
    [["ArrowLeft"], "picture before", () => choose(current - 1)],
    [["ArrowRight"], "next picture", () => choose(current + 1)],
    [["k"], "keep this picture", () => acts.keep(all[current])],
    [["x", "Delete"], "mark it for removal, or take the mark away", () => acts.mark(all[current])],
    [["r"], "it is no duplicate of the proposed one, for good", () => acts.reject(all[current])],
    [["s"], "settle the group: it is fine as it is, for good", settled],
    [["a"], "take the proposal, and go on to the next group", take],
    [["ArrowDown"], "next group", () => step(1)],
    [["ArrowUp"], "group before", () => step(-1)],
    ...Object.entries(LOOKS).map(([value, { words, key }]) => [[key], words, () => set(value, true)]),
    [[" "], "show the other of the two", () => shown?.flip?.()],
    [["z"], "100 %, or all that fits", () => shown?.zoom?.()],
    [["Enter"], "all about the picture", () => showDetails(all[current])],
    [["u"], "undo the last decision", takeBack],
    [["Escape"], "back to the list", toList],
  ];
  listen(keys, signal);
  const tell = () => {
    const told = verdict(group);
    stateLine.textContent = told ? `Decided: ${told}` : "";
    cards.forEach((card) => card.tell());
  };
  addEventListener("lookalike:decided", tell, { signal });
  const button = (words, key, act, main = false) =>
    make("button", { type: "button", title: key, className: main ? "main" : "", onclick: act }, words);
  fill(
    place,
    make(
      "div",
      { className: "top" },
      make("a", { href: address({ ...wanted, group: null }) }, "All groups"),
      heading(group, loaded),
      button("Group before", "↑", () => step(-1)),
      button("Next group", "↓", () => step(1)),
    ),
    group.changed && make("p", {}, `Back again: ${group.changed}`),
    make(
      "div",
      { className: "top" },
      group.bytes_to_free ? button("Take the proposal", "a", take, true) : null,
      button("Settle: fine as it is", "s", settled),
      looks,
      helpButton(keys),
      stateLine,
    ),
    wrong,
    make("ul", { className: "members" }, ...cards.map((card) => card.element)),
    desk,
  );
  tell();
  draw();
  announce(`${KINDS[group.kind] ?? group.kind}, ${counted(all.length, "picture")}`);
}
