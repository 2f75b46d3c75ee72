// What was found for a picture of the library, or for one that was sent.

import * as api from "./api.js";
import { FILTERS, comparing } from "./addresses.js";
import { askedBox } from "./asked.js";
import { showDetails } from "./details.js";
import { busy, fill, make } from "./dom.js";
import { filterBar } from "./filters.js";
import { picker } from "./picking.js";
import { searching } from "./searching.js";
import { eitherOf, nameOf, recordOf, take } from "./upload.js";
import { bytes, path } from "./words.js";

// What makes it another search; the rest of the address is a matter of showing it.
const ASKED = ["part", "more", "less", ...FILTERS];

async function ofLibrary(id, signal) {
  const found = await api.details(id, signal);
  const away = found.away ? "; its file is away" : "";
  return { ...found, facts: `${found.width} × ${found.height}, in the library${away}` };
}

const GONE =
  "This picture isn't kept any more: send the picture again. The server keeps what was sent last, for a day " +
  "after it was last asked for, and not beyond its own end.";

async function ofSent(id, signal) {
  const found = await recordOf(id, signal).catch((error) => {
    throw error.code === "no_such_query" ? new api.Refused(404, error.code, GONE) : error;
  });
  const name = nameOf(id) ?? "A picture that was sent";
  return { ...found, name, facts: `${found.width} × ${found.height}, ${bytes(found.bytes)}` };
}

/** Fill the page. */
export async function show(place, signal, address) {
  const [, collection, id] = address.pathname.match(/^\/(\w+)\/([\w-]+)$/);
  const isSent = collection === "queries";
  const results = make("div", { className: "results" }, busy("Searching…"));
  fill(place, picker(take), results);
  const subject = await (isSent ? ofSent(id, signal) : ofLibrary(id, signal));
  const name = path(subject.name);
  document.title = `${name} – lookalike`;
  const buttons = [
    !isSent &&
      make("button", { type: "button", onclick: () => showDetails(subject) }, "Details"),
    make("a", { className: "button", href: comparing(id, null) }, "Compare"),
  ];
  const { box, update: updateBox } = askedBox(
    { ...subject, name },
    async (other) => (await eitherOf(other, signal)).found,
    ...buttons,
  );
  const filters = filterBar(address, "the hits");
  fill(place, picker(take), box, filters.element, results);

  const search = searching(
    results,
    id,
    ASKED,
    (values, own) => api.results(id, isSent, values, own),
    signal,
  );
  const update = (now) => {
    updateBox(now);
    filters.update(now);
    return search(now);
  };
  await update(address);
  return { update };
}
