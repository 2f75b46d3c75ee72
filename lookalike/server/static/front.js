// The front page: the picture to search by, and what the library came to know last.

import * as api from "./api.js";
import { comparing } from "./addresses.js";
import { arrows, card } from "./cards.js";
import { busy, fill, make } from "./dom.js";
import { emptyLibrary } from "./empty.js";
import { endless } from "./endless.js";
import { picker } from "./picking.js";
import { remember, remembered } from "./router.js";
import { textForm } from "./texts.js";
import { take } from "./upload.js";
import { counted } from "./words.js";

const STEP = 60;
const MOST = 1000; // that the interface gives at once

const acts = (picture) => [
  { key: "c", sign: "⇄", name: "Compare", href: comparing(picture.id, null) },
];

/** Fill the page. */
export async function show(place, signal) {
  const results = make("div", {}, busy("Loading…"));
  fill(place, picker(take), results);
  const limit = Math.min(MOST, Math.max(STEP, remembered().pictures ?? 0));
  const [status, page] = await Promise.all([
    api.status(signal),
    api.pictures({ order: "newest", limit }, signal),
  ]);
  if (!page.pictures.length) {
    fill(results, make("h1", { className: "summary" }, "0 pictures in the library"), emptyLibrary());
    return;
  }
  const list = arrows(make("ul", { className: "grid" }));
  let next = page.next;
  const add = (found) => {
    list.append(...found.pictures.map((one) => card(one, acts)));
    next = found.next;
    remember({ pictures: list.children.length });
  };
  add(page);
  const end = endless(async () => {
    const found = await api.pictures({ order: "newest", limit: STEP, after: next }, signal);
    add(found);
    return { added: found.pictures.length, done: next === null };
  }, signal);
  end.hidden = next === null;
  const many = counted(status.pictures, "picture");
  fill(
    results,
    textForm(status),
    make("h1", { className: "summary" }, `${many} in the library, last added first`),
    list,
    end,
  );
}
