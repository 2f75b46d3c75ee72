// What is shown at which address, and the ways between them.

import * as api from "./api.js";
import { grid } from "./cards.js";
import { showDetails } from "./details.js";
import { announce, complaint, fill, make } from "./dom.js";
import { libraryPage } from "./library.js";
import { loginByAddress, showLogin } from "./login.js";
import { listen, picker } from "./picking.js";
import { FIRST, showResults } from "./results.js";
import { bytes, counted, path } from "./words.js";

const main = document.getElementById("main");
const logoutButton = document.getElementById("logout");

let searched = null; // the file of the last search by a file; it isn't kept over a reload
let running = new AbortController();

const busy = (text) => make("p", { className: "message busy", role: "status" }, text);

/** The picture that is asked with, on top of its hits. */
function queryBox(source, name, facts, { onclick, unseen }) {
  const image = make("img", { alt: "", src: source });
  const frame = make("div", { className: "frame" }, image);
  let other = unseen; // what the browser can't show, the server can
  image.addEventListener("error", async () => {
    const ask = other;
    other = undefined;
    try {
      if (!ask) throw new Error();
      image.src = await ask();
    } catch {
      fill(frame, make("span", { className: "missing" }, "no preview"));
    }
  });
  return make(
    "section",
    { className: "query", "aria-label": "Searched for" },
    frame,
    make(
      "div",
      {},
      make("h1", {}, name),
      make("p", { className: "facts" }, facts),
      onclick && make("button", { type: "button", onclick }, "Details"),
    ),
  );
}

async function front(place) {
  const results = make("div", {}, busy("Loading…"));
  fill(place, picker(take), results);
  const [status, page] = await Promise.all([api.status(), api.pictures()]);
  logoutButton.hidden = !status.needs_token;
  if (!page.pictures.length) {
    fill(
      results,
      make("p", { className: "message" }, "The library holds no pictures yet. Put some in with: lookalike index FOLDER"),
    );
    return;
  }
  const list = grid(page.pictures);
  const more = make("button", { type: "button", className: "more" }, "Show more");
  let next = page.next;
  more.hidden = next === null;
  more.addEventListener("click", async () => {
    more.disabled = true;
    try {
      const found = await api.pictures(next);
      const fresh = [...grid(found.pictures).children];
      list.append(...fresh);
      next = found.next;
      more.hidden = next === null;
      fresh[0]?.querySelector("a").focus();
      announce(`${counted(found.pictures.length, "more picture")}.`);
    } catch (error) {
      more.after(complaint(error.message));
    }
    more.disabled = false;
  });
  fill(
    results,
    make("h1", { className: "summary" }, `${counted(status.pictures, "picture")} in the library, newest first`),
    list,
    more,
  );
}

async function byFile(place, signal) {
  if (searched === null) {
    history.replaceState(null, "", "/");
    await show();
    return;
  }
  const file = searched;
  const results = make("div", {}, busy("Searching…"));
  const show = (blob) => {
    const source = URL.createObjectURL(blob);
    signal.addEventListener("abort", () => URL.revokeObjectURL(source));
    return source;
  };
  const box = queryBox(show(file), path(file.name || "pasted picture"), bytes(file.size), {
    unseen: async () => show(await api.shrunk(file, 512, signal)),
  });
  fill(results, box, busy("Searching…"));
  fill(place, picker(take), results);
  const search = async (k, before, all) => {
    const answer = await api.search(file, k, all, signal);
    showResults(results, box, answer, k, before, all, (...more) => again(search, more, results));
  };
  await search(FIRST, 0, false);
}

async function byPicture(place, signal, id) {
  const results = make("div", {}, busy("Searching…"));
  fill(place, picker(take), results);
  const picture = await api.details(id);
  const name = path(picture.name);
  const facts = `${picture.width} × ${picture.height}, in the library`;
  const box = queryBox(api.thumbnail(picture.links, 512), name, facts, {
    onclick: () => showDetails(picture),
  });
  document.title = `${name} – lookalike`;
  fill(results, box, busy("Searching…"));
  const search = async (k, before, all) => {
    const answer = await api.similar(id, k, all, signal);
    showResults(results, box, answer, k, before, all, (...more) => again(search, more, results));
  };
  await search(FIRST, 0, false);
}

async function again(search, more, place) {
  try {
    await search(...more);
  } catch (error) {
    if (error.name === "AbortError") return;
    place.append(complaint(error.message));
    for (const button of place.querySelectorAll(".more")) {
      button.disabled = false;
      button.textContent = "Try again";
    }
  }
}

/** Show what belongs to the address. */
async function show() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const place = make("div");
  fill(main, place);
  document.title = "lookalike";
  const at = location.pathname;
  const picture = at.match(/^\/pictures\/([A-Za-z0-9_-]+)$/);
  const twin = document.getElementById("twin");
  twin.hidden = at === "/search"; // what a file finds has no address of its own
  twin.href = picture
    ? `/api/v1/pictures/${picture[1]}/similar?k=${FIRST}`
    : at === "/library"
      ? "/api/v1/status"
      : "/api/v1/pictures?order=newest";
  for (const link of document.querySelectorAll("nav a")) {
    const here = (link.getAttribute("href") === "/library") === (at === "/library");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    if (picture) await byPicture(place, signal, picture[1]);
    else if (at === "/library") fill(place, await libraryPage());
    else if (at === "/search") await byFile(place, signal);
    else await front(place);
  } catch (error) {
    if (error.name === "AbortError" || signal.aborted) return;
    if (error.status === 401) {
      logoutButton.hidden = true;
      showLogin(place, show);
      return;
    }
    if (!(error instanceof api.Refused)) throw error;
    for (const waiting of place.querySelectorAll(".busy")) waiting.remove();
    place.append(complaint(error.message));
  }
}

function go(address) {
  history.pushState(null, "", address);
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
  return show();
}

/** Search by a file. */
function take(file) {
  searched = file;
  return go("/search");
}

// Links within the page keep the file that was searched by; all others are the browser's.
addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || link.target || link.hash || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const address = link.getAttribute("href");
  if (address !== "/" && address !== "/library" && !address.startsWith("/pictures/")) return;
  event.preventDefault();
  go(address);
});
addEventListener("popstate", show);
logoutButton.addEventListener("click", async () => {
  await api.logout();
  go("/");
});
listen(take, (reason) => {
  main.prepend(complaint(reason));
});
await loginByAddress();
await show();
