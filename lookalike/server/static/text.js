// What was found for words, where the library's model knows texts.

import * as api from "./api.js";
import { FILTERS } from "./addresses.js";
import { busy, fill, make } from "./dom.js";
import { filterBar } from "./filters.js";
import { picker } from "./picking.js";
import { searching } from "./searching.js";
import { knowsTexts, noTexts, textForm } from "./texts.js";
import { take } from "./upload.js";

/** All hits are alike, with a cosine that is small even for the best: only the order is shown. */
async function ask(values, signal) {
  const { all, look, ...asked } = values; // what only pictures are asked with
  const found = await api.text(asked, signal);
  return { ...found, hits: found.hits.map(({ kind, similarity, ...hit }) => hit) };
}

/** Fill the page. */
export async function show(place, signal, address) {
  const results = make("div", { className: "results" }, busy("Searching…"));
  fill(place, picker(take), results);
  const status = await api.status(signal);
  if (!knowsTexts(status)) {
    fill(results, make("h1", { className: "summary" }, "Search by words"), noTexts());
    return {};
  }
  const filters = filterBar(address, "the hits");
  const form = make("div");
  const heading = make("h1", { className: "summary" });
  fill(place, picker(take), form, heading, filters.element, results);
  const search = searching(results, null, ["text", ...FILTERS], ask, signal);
  let written = null;
  const update = async (now) => {
    const text = now.searchParams.get("text") ?? "";
    filters.update(now);
    filters.element.hidden = !text;
    if (text !== written) {
      const typing = form.contains(document.activeElement);
      fill(form, textForm(status, text));
      if (typing || !text) form.querySelector("input").focus();
    }
    written = text;
    heading.textContent = text ? `Pictures that show “${text}”` : "Search by words";
    document.title = text ? `${text} – lookalike` : "Search by words – lookalike";
    if (text) await search(now);
    else fill(results);
  };
  await update(address);
  return { update };
}
