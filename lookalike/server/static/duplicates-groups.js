// Groups of duplicates, as the server found them: page by page, and kept over going back.

import { ask, query } from "./api.js";
import { decided } from "./duplicates-decisions.js";

const STEP = 40; // groups that are asked for at a time
const MOST = 200; // that one answer has

export const KINDS = {
  "same-bytes": "Same file",
  "same-pixels": "Same pixels",
  edited: "Edited",
  part: "Part",
  burst: "Burst",
  "raw+jpeg": "Raw and JPEG",
};

export const SORTS = { free: "most to be freed", pictures: "most pictures", path: "path" };

/** What stands behind the "?" of an address: kind, under, sort; and the group that is open. */
export function asked(address) {
  const given = address.searchParams;
  const sort = given.get("sort");
  return {
    kind: given.get("kind"),
    under: given.get("under"),
    sort: sort in SORTS ? sort : null,
    group: given.get("group"),
  };
}

/** The address of the page for that. */
export function address(values) {
  const given = query(values);
  return given ? `/duplicates?${given}` : "/duplicates";
}

let known = { key: null, groups: [] };

const page = (filters, after, limit, signal) =>
  ask(`/duplicates?${query({ ...filters, after, limit })}`, { signal });

/** Groups that the server still lists: its pages are counted without what was decided since. */
const passed = () =>
  known.groups.filter((group) => {
    const now = decided(group);
    return !now.settled && group.members.some((one) => !now.different.has(one.id));
  }).length;

function add(answer) {
  const there = new Set(known.groups.map((group) => group.id));
  known.groups.push(...answer.groups.filter((group) => !there.has(group.id)));
  known.more = answer.next !== null;
}

/**
 * What was found under some filters, at least as many groups as wanted.
 * @returns {Promise<object>} groups: those that are loaded; more: whether there are others; found:
 *   the answer of the interface, for its totals.
 */
export async function load({ kind, under, sort }, wanted, signal) {
  const filters = { kind, under, sort };
  const first = await page(filters, 0, STEP, signal);
  const key = JSON.stringify([filters, first.as_of]);
  if (known.key !== key) known = { key, filters, groups: [], more: false };
  known.found = first;
  if (!known.groups.length) add(first);
  while (known.more && known.groups.length < wanted) {
    add(await page(filters, passed(), Math.min(MOST, wanted), signal));
  }
  return known;
}

/** Load further ones; false where there are none. */
export async function further(signal, limit = STEP) {
  if (!known.more) return false;
  const before = known.groups.length;
  add(await page(known.filters, passed(), limit, signal));
  return known.groups.length > before;
}

/** Load all that there are. */
export async function all(signal) {
  while (known.more) if (!(await further(signal, MOST))) break;
  return known.groups;
}

/** The group of an id, loading until it comes; undefined where there is none. */
export async function find(id, signal) {
  const here = () => known.groups.find((group) => group.id === id);
  while (!here() && (await further(signal, MOST)));
  return here();
}

/** Forget what is known: something was searched, done or undone. */
export function renew() {
  known = { key: null, groups: [] };
}

