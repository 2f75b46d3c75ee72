// What was decided about groups of duplicates. It is kept for as long as the tab is open; what is
// decided for good (no duplicates, settled) is kept by the library, too.

import { send } from "./api.js";

const NAME = "lookalike.duplicates";
const MOST_STEPS = 200; // that can be undone

const EMPTY = { groups: {}, said: {}, steps: [] };

/**
 * groups: by group {keep: id, remove: {id: bytes}}.
 * said: by group {different: [ids], settled: boolean}.
 * steps: what was done, the last one last; each has what was there before.
 */
let kept = read();
let full = false; // the browser keeps no more

function read() {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME)) ?? {};
    return { ...structuredClone(EMPTY), ...found };
  } catch {
    return structuredClone(EMPTY); // what another version left
  }
}

function write() {
  kept.steps.splice(0, kept.steps.length - MOST_STEPS);
  try {
    sessionStorage.setItem(NAME, JSON.stringify(kept));
  } catch {
    full = true;
  }
  dispatchEvent(new Event("lookalike:decided"));
}

/** Whether the browser has no room to keep all over a reload. */
export const overflows = () => full;

const KIND = { "same-bytes": true, "same-pixels": true, edited: true };

/** All pictures of a group, the one that is proposed to be kept first. */
export const pictures = (group) => [group.keep, ...group.members];

/** Whether the file of a picture may go: parts, bursts and files of many pictures stay. */
export function mayGo(group, picture) {
  if (picture.id !== group.keep.id) return picture.frees;
  // The proposed one may go where another one of its own kind stays.
  return !picture.member && group.members.some((one) => one.frees && KIND[one.kind]);
}

/** What was decided about a group. */
export function decided(group) {
  const made = kept.groups[group.id] ?? null;
  const said = kept.said[group.id] ?? {};
  return {
    any: made !== null,
    keep: made?.keep ?? null,
    remove: new Set(Object.keys(made?.remove ?? {})),
    different: new Set(said.different ?? []),
    settled: said.settled ?? false,
  };
}

function set(id, made) {
  if (made === null) delete kept.groups[id];
  else kept.groups[id] = made;
}

function step(what) {
  kept.steps.push(what);
}

function change(group, make) {
  const before = kept.groups[group.id] ?? null;
  const made = structuredClone(before ?? { keep: group.keep.id, remove: {} });
  make(made);
  step({ what: "marks", before: { [group.id]: before } });
  set(group.id, made);
  write();
}

/** Keep one picture of a group. */
export function keep(group, picture) {
  change(group, (made) => {
    made.keep = picture.id;
    delete made.remove[picture.id];
  });
}

/**
 * Mark a picture for removal, or take the mark away.
 * @returns {string} why that can't be; empty where it was done.
 */
export function mark(group, picture) {
  const now = decided(group);
  if (now.remove.has(picture.id)) {
    change(group, (made) => delete made.remove[picture.id]);
    return "";
  }
  if (now.different.has(picture.id)) return "It is no duplicate: it stays.";
  if (!mayGo(group, picture)) {
    return KIND[picture.kind] || picture.id === group.keep.id
      ? "Its file holds other pictures, too, and stays."
      : "It is another picture: only copies can be removed.";
  }
  const others = pictures(group).filter(
    (one) => one.id !== picture.id && !now.remove.has(one.id) && !now.different.has(one.id),
  );
  const staying = others.find((one) => one.id === now.keep) ?? others.find((one) => mayGo(group, one));
  if (!staying) return "One picture of a group stays.";
  change(group, (made) => {
    made.keep = staying.id;
    made.remove[picture.id] = picture.bytes;
  });
  return "";
}

function proposal(group) {
  const { different } = decided(group);
  const going = group.members.filter((one) => one.frees && !different.has(one.id));
  if (!going.length) return null;
  return { keep: group.keep.id, remove: Object.fromEntries(going.map((one) => [one.id, one.bytes])) };
}

/**
 * Take what is proposed, of one group or of many; what is settled is left out.
 * @returns {number} groups in which something goes.
 */
export function accept(groups) {
  const before = {};
  for (const group of groups) {
    const made = decided(group).settled ? null : proposal(group);
    if (made === null) continue;
    before[group.id] = kept.groups[group.id] ?? null;
    set(group.id, made);
  }
  const count = Object.keys(before).length;
  if (count) step({ what: "marks", before });
  if (count) write();
  return count;
}

function say(id, change) {
  kept.said[id] = { different: [], settled: false, ...kept.said[id] };
  change(kept.said[id]);
}

/** Say for good that a picture is no duplicate of the one that its group is around. */
export async function reject(group, picture) {
  const pair = { a: group.keep.id, b: picture.id };
  await send("POST", "/verdicts", { ...pair, verdict: "different" });
  const before = kept.groups[group.id] ?? null;
  step({ what: "different", group: group.id, pair, before });
  say(group.id, (said) => said.different.push(picture.id));
  const made = structuredClone(before);
  if (made) {
    delete made.remove[picture.id];
    if (made.keep === picture.id) made.keep = group.keep.id;
    if (!Object.keys(made.remove).length) set(group.id, null);
    else set(group.id, made);
  }
  write();
}

/** Say for good that a group is fine as it is. */
export async function settle(group) {
  await send("POST", "/settled", { group: group.id });
  step({ what: "settled", group: group.id, before: kept.groups[group.id] ?? null });
  say(group.id, (said) => {
    said.settled = true;
  });
  set(group.id, null);
  write();
}

/** How many steps can be undone. */
export const steps = () => kept.steps.length;

/**
 * Undo the last step.
 * @returns {Promise<?string>} the group it was about; null for many, or where there is none.
 */
export async function undo() {
  const last = kept.steps.at(-1);
  if (!last) return null;
  if (last.what === "different") await send("DELETE", "/verdicts", last.pair);
  if (last.what === "settled") await send("DELETE", "/settled", { group: last.group });
  kept.steps.splice(kept.steps.indexOf(last), 1);
  if (last.what === "marks") {
    for (const [id, made] of Object.entries(last.before)) set(id, made);
    write();
    const groups = Object.keys(last.before);
    return groups.length === 1 ? groups[0] : null;
  }
  say(last.group, (said) => {
    if (last.what === "settled") said.settled = false;
    else said.different = said.different.filter((id) => id !== last.pair.b);
  });
  set(last.group, last.before);
  write();
  return last.group;
}

/** Forget all marks; what was said for good stays. */
export function forget() {
  kept = structuredClone(EMPTY);
  write();
}

/** What the marks come to. */
export function totals() {
  let groups = 0;
  let files = 0;
  let bytes = 0;
  for (const { remove } of Object.values(kept.groups)) {
    const sizes = Object.values(remove);
    groups += sizes.length ? 1 : 0;
    files += sizes.length;
    bytes += sizes.reduce((sum, size) => sum + size, 0);
  }
  return { groups, files, bytes };
}

/** The marks as POST /plans takes them. */
export const marked = () =>
  Object.values(kept.groups)
    .map((made) => ({ keep: made.keep, remove: Object.keys(made.remove) }))
    .filter((made) => made.remove.length);
