// What the interface tells of pictures, by their ids: many at a time, and each once.

import { ask, query } from "./api.js";

const STEP = 100; // ids in one question
const KEPT = 5000;

const known = new Map();

/**
 * The records of pictures, in the order of the ids; those that are gone are left out.
 * @param {Array<string>} ids of the pictures.
 * @param {AbortSignal} signal ends it.
 */
export async function recordsOf(ids, signal) {
  if (known.size > KEPT) known.clear();
  const missing = ids.filter((id) => !known.has(id));
  for (let from = 0; from < missing.length; from += STEP) {
    const some = missing.slice(from, from + STEP);
    const { pictures } = await ask(`/pictures?${query({ ids: some.join(","), limit: STEP })}`, { signal });
    for (const picture of pictures) known.set(picture.id, picture);
  }
  return ids.map((id) => known.get(id)).filter(Boolean);
}
