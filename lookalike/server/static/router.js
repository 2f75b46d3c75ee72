// From an address to its view and back. Every view has an address; going back or reloading shows
// the same again, at the same place.

import { Refused, unreachable } from "./api.js";
import { complaint, fill, make } from "./dom.js";
import { showLogin } from "./login.js";
import { awaitServer } from "./recovery.js";
import { VIEWS, viewOf } from "./views.js";

const main = document.getElementById("main");
const twin = document.getElementById("twin");
const tabs = document.getElementById("tabs");

let running = new AbortController();
let shown = null; // the address, and what its view told how to update it

history.scrollRestoration = "manual"; // what is scrolled to may have to be asked for first

let sought = null; // the link that had the focus, until it is there again
let acted = false; // whether people went on by themselves before all was there
let waiting = null; // until what is scrolled to is kept: browsers allow no more of it

function keepScroll() {
  waiting = null;
  remember({ scroll: scrollY });
}

/** Keep something with this entry of the history: it is there again after going back. */
export function remember(values) {
  history.replaceState({ ...history.state, ...values }, "");
}

/** What was kept with this entry. */
export const remembered = () => history.state ?? {};

function drawTabs(view) {
  const here = view?.tab ?? view?.of;
  fill(
    tabs,
    ...VIEWS.filter((one) => one.tab).map((one) =>
      make("a", { href: one.tab, "aria-current": one.tab === here ? "page" : null }, one.name),
    ),
  );
}

/** Give the link that was left by the focus again: what comes late is to call it when it is there. */
export function refocus() {
  if (sought === null) return;
  for (const link of main.querySelectorAll("a[href]")) {
    if (link.getAttribute("href") !== sought) continue;
    sought = null;
    link.focus({ preventScroll: true });
    return;
  }
}

function restore() {
  if (acted) return; // who scrolls already isn't called back
  const { scroll, focus } = remembered();
  scrollTo(0, scroll ?? 0);
  sought = focus ?? null;
  refocus();
}

function tell(place, error, signal) {
  if (error.name === "AbortError" || signal.aborted) return;
  if (error.status === 401) {
    showLogin(place, show);
    return;
  }
  if (!(error instanceof Refused)) throw error;
  for (const waiting of place.querySelectorAll(".busy")) waiting.remove();
  const told = complaint(error.message);
  place.append(told);
  // A module that couldn't be had once may stay so until the page is loaded anew.
  const then = error.ofModule ? () => location.reload() : show;
  if (error.code === "unreachable") awaitServer(told, signal, then);
}

async function loaded(view) {
  try {
    return await view.load();
  } catch {
    throw Object.assign(unreachable(), { ofModule: true });
  }
}

/** Show what belongs to the address. */
export async function show() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const address = new URL(location.href);
  const place = make("div");
  const view = viewOf(address);
  document.title = "lookalike";
  shown = null;
  sought = null;
  acted = false;
  drawTabs(view);
  const same = view?.twin?.(address) ?? null;
  twin.hidden = same === null;
  if (same !== null) twin.href = same;
  fill(main, place);
  try {
    if (!view) throw new Refused(404, "no_such_page", "There is no such page.");
    const module = await loaded(view);
    if (signal.aborted) return;
    const told = await module.show(place, signal, address);
    if (signal.aborted) return;
    shown = { path: address.pathname, view, update: told?.update ?? null, signal, place };
    restore();
  } catch (error) {
    tell(place, error, signal);
  }
}

/** Show the address after only its parameters have changed, if the view knows how. */
async function update() {
  const address = new URL(location.href);
  if (!shown?.update || shown.path !== address.pathname) return show();
  const { view, signal, place } = shown;
  acted = false;
  const same = view.twin?.(address) ?? null;
  if (same !== null) twin.href = same;
  try {
    await shown.update(address);
    if (!signal.aborted) restore();
  } catch (error) {
    tell(place, error, signal);
  }
}

/**
 * Go to another address of the page.
 * @param {string} address such as "/library?under=/photos".
 * @param {boolean} replace whether this entry of the history is replaced.
 */
export function go(address, { replace = false } = {}) {
  const from = location.pathname;
  const link = document.activeElement?.closest?.("a[href]")?.getAttribute("href") ?? null;
  clearTimeout(waiting);
  waiting = null;
  remember({ scroll: scrollY, focus: link });
  if (replace) history.replaceState(history.state, "", address);
  else history.pushState(null, "", address);
  if (location.pathname === from) return update();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
  return show();
}

/** Follow links within the page, going back and forward, and what is scrolled. */
export function start() {
  addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.hash || event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const address = new URL(link.href);
    if (address.origin !== location.origin || !viewOf(address)) return;
    event.preventDefault();
    go(address.pathname + address.search);
  });
  addEventListener("popstate", (event) => {
    clearTimeout(waiting);
    waiting = null;
    // A new "#" comes by here too, without a state.
    if (event.state === null && location.hash) return;
    update();
  });
  for (const name of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    addEventListener(
      name,
      () => {
        acted = true;
        sought = null;
      },
      { passive: true },
    );
  }
  addEventListener("scroll", () => {
    if (shown) waiting ??= setTimeout(keepScroll, 200); // not what filling a view does to it
  });
  addEventListener("pagehide", () => {
    if (shown) keepScroll();
  });
}
