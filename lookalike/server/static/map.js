// The map: all pictures of the library in the plane, those that look alike near each other.

import { ask, status } from "./api.js";
import { busy, complaint, fill, make } from "./dom.js";
import { emptyLibrary } from "./empty.js";
import { begin, running, watched } from "./jobs.js";
import { drawMap } from "./map-work.js";
import { counted } from "./words.js";

const WHAT = "Laying out the map";

/** The button that has the map laid out; `then` is called when it is. */
function maker(words, signal, then) {
  const place = make("div", { className: "finder" });
  const start = make("button", { type: "button", className: "main" }, words);
  const fails = (error) => {
    if (error.name !== "AbortError") fill(place, complaint(error.message), start);
  };
  const follow = async (job) => {
    const done = await watched(place, job, signal, WHAT);
    if (done.state === "done") then();
    else if (done.state === "failed") fill(place, complaint(done.error.message), start);
    else fill(place, make("p", {}, "Stopped: there is no map of it yet."), start);
  };
  start.addEventListener("click", async () => {
    try {
      await follow(await begin("map", {}, signal));
    } catch (error) {
      fails(error);
    }
  });
  fill(place, start);
  running("map", signal).then((job) => job && follow(job)).catch(fails);
  return place;
}

/** Fill the page. */
export async function show(place, signal, address) {
  document.title = "Map – lookalike";
  fill(place, busy("Loading the map…"));
  let found;
  const again = () => show(place, signal, new URL(location.href));
  try {
    found = await ask("/map", { signal });
  } catch (error) {
    if (error.code !== "not_computed") throw error;
    const { pictures } = await status(signal);
    if (signal.aborted) return null;
    if (!pictures) {
      fill(place, make("h1", {}, "Map"), emptyLibrary());
      return null;
    }
    fill(
      place,
      make("h1", {}, "Map"),
      make("p", {}, "Shows all pictures at once, those that look alike near each other. It is laid out once, and kept."),
      maker("Lay out the map", signal, again),
    );
    return null;
  }
  if (signal.aborted) return null;
  const stale = found.stale
    ? make(
        "div",
        { className: "stale" },
        make("span", {}, "The library has changed since this map was laid out."),
        maker("Lay it out anew", signal, again),
      )
    : null;
  if (!found.points.length) {
    fill(place, make("h1", {}, "Map"), stale ?? emptyLibrary());
    return null;
  }
  const heading = make("h1", {}, `Map of ${counted(found.points.length, "picture")}`);
  const box = make("div", { className: "map" });
  fill(place, make("div", { className: "top" }, heading, stale), box);
  return { update: drawMap(box, found, signal, address) };
}
