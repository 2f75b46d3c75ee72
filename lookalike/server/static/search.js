// What was found for a picture of the library, or for one that was sent.

import * as api from "./api.js";
import { FILTERS, comparing, given } from "./addresses.js";
import { askedBox } from "./asked.js";
import { showDetails } from "./details.js";
import { busy, complaint, fill, make } from "./dom.js";
import { filterBar } from "./filters.js";
import { picker } from "./picking.js";
import { showResults } from "./results.js";
import { eitherOf, nameOf, recordOf, take } from "./upload.js";
import { bytes, path } from "./words.js";

// What makes it another search; the rest of the address is a matter of showing it.
const ASKED = ["part", "more", "less", ...FILTERS];

async function ofLibrary(id, signal) {
  const found = await api.details(id, signal);
  const away = found.away ? "; its file is away" : "";
  return { ...found, facts: `${found.width} × ${found.height}, in the library${away}` };
}

async function ofSent(id, signal) {
  const found = await recordOf(id, signal);
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

  let shown = null;
  let asked = null; // what the shown search was asked with
  let searching = new AbortController();
  signal.addEventListener("abort", () => searching.abort());
  const update = async (now) => {
    updateBox(now);
    filters.update(now);
    const values = given(now, ASKED);
    const state = JSON.stringify(values);
    if (state === asked) {
      shown?.update(now);
      return;
    }
    searching.abort();
    searching = new AbortController();
    const own = searching.signal;
    asked = state;
    shown = null;
    results.setAttribute("aria-busy", "true");
    if (!results.children.length) fill(results, busy("Searching…"));
    const ask = (page) => api.results(id, isSent, { ...values, ...page }, own);
    try {
      const made = await showResults(results, id, ask, own, now);
      if (!own.aborted) shown = made;
    } catch (error) {
      if (error.name === "AbortError" || own.aborted) return;
      if (!(error instanceof api.Refused) || error.status !== 400) throw error;
      asked = null;
      fill(results, complaint(error.message)); // something in the filters: they can be mended
    } finally {
      if (!own.aborted) results.removeAttribute("aria-busy");
    }
  };
  await update(address);
  return { update };
}
