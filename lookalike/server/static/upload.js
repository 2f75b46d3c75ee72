// Sending a picture, once: with how far it is, and a way to stop it.

import { PREFIX, Refused, details, refusal, sent, status, unreachable } from "./api.js";
import { changed } from "./addresses.js";
import { announce, complaint, fill, make } from "./dom.js";
import { go, show } from "./router.js";
import { bytes, path } from "./words.js";

const NAMES = "lookalike:names"; // of what was sent: the server keeps no names
const LARGE = 1_000_000; // bytes: for less than that no limit is asked for

const records = new Map(); // what the server said of what was sent from here, by its id

/** The name of a file that was sent; `null` where it isn't known. */
export function nameOf(id) {
  try {
    return JSON.parse(sessionStorage.getItem(NAMES) ?? "{}")[id] ?? null;
  } catch {
    return null;
  }
}

function keepName(id, name) {
  try {
    const known = JSON.parse(sessionStorage.getItem(NAMES) ?? "{}");
    sessionStorage.setItem(NAMES, JSON.stringify({ ...known, [id]: name }));
  } catch {
    // No storage, or a full one: the picture has no name then.
  }
}

/** What the server keeps of a picture that was sent; what was just said isn't asked for again. */
export async function recordOf(id, signal) {
  const known = records.get(id);
  records.delete(id); // later it may be forgotten
  return known ?? sent(id, signal);
}

/**
 * What is known of an id: a picture of the library, or one that was sent.
 * @returns {Promise<{sent: boolean, found: object}>}
 */
export async function eitherOf(id, signal) {
  if (nameOf(id) !== null) return { sent: true, found: await recordOf(id, signal) };
  try {
    return { sent: false, found: await details(id, signal) };
  } catch (error) {
    if (error.status !== 404) throw error;
    return { sent: true, found: await sent(id, signal) };
  }
}

/**
 * Send a file to search by.
 * @param {File} file to send.
 * @param {function(number)} progress called with the share that is sent, 0 to 1.
 * @param {AbortSignal} signal stops it.
 * @returns {Promise<object>} what the server keeps of it.
 */
export function send(file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch doesn't tell how far an upload is
    const form = new FormData();
    form.append("picture", file, file.name || "pasted");
    request.open("POST", `${PREFIX}/queries`);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status !== 201 || request.response === null) {
        reject(refusal(request.status, request.response));
        return;
      }
      keepName(request.response.id, file.name || "pasted picture");
      records.set(request.response.id, request.response);
      resolve(request.response);
    });
    request.addEventListener("error", () => reject(unreachable()));
    request.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** A server that takes no more may end the connection before it has said so. */
async function checkSize(file, signal) {
  if (file.size < LARGE) return;
  const most = (await status(signal)).upload_bytes;
  if (file.size <= most) return;
  throw new Refused(413, "too_large", `It has ${bytes(file.size)}, and the server takes ${bytes(most)} at most: send a smaller picture, or raise --max-upload of lookalike serve.`);
}

let sending = null; // one at a time: a new one takes the place of the one before

/**
 * Send a file and show how far it is.
 * @param {File} file to send.
 * @returns {Promise<?object>} what the server keeps of it; null where it was stopped or refused,
 *   which people are told.
 */
export async function sendShown(file) {
  sending?.abort();
  const own = new AbortController();
  sending = own;
  const place = document.getElementById("sending");
  const name = path(file.name || "pasted picture");
  const bar = make("progress", { max: 1, value: 0, "aria-label": `Sending ${name}` });
  const told = make("span", {}, `Sending ${name} (${bytes(file.size)})`);
  const stop = make("button", { type: "button" }, "Cancel");
  stop.addEventListener("click", () => own.abort());
  fill(place, make("div", { className: "message sending" }, told, bar, stop));
  try {
    await checkSize(file, own.signal);
    const kept = await send(
      file,
      (share) => {
        bar.value = share;
        if (share < 1) return;
        bar.removeAttribute("value");
        told.textContent = `Looking at ${name}`;
      },
      own.signal,
    );
    fill(place);
    return kept;
  } catch (error) {
    if (sending === own) fill(place);
    if (error.name === "AbortError") announce("Stopped.");
    else fill(place, refused(file, error));
    return null;
  }
}

function refused(file, error) {
  const told = complaint(`${path(file.name || "the picture")}: ${error.message}`);
  const again = make("button", { type: "button" }, "Try again");
  again.addEventListener("click", () => take(file));
  const close = make("button", { type: "button" }, "Close");
  close.addEventListener("click", () => told.remove());
  told.append(" ", again, " ", close);
  return told;
}

/** Search by a file; where two pictures are to be compared and one lacks, it is that one. */
export async function take(file) {
  const kept = await sendShown(file);
  if (kept === null) return;
  const here = new URL(location.href);
  const free = ["a", "b"].find((name) => !here.searchParams.get(name));
  if (here.pathname === "/compare" && free) {
    await go(changed(here, { [free]: kept.id }));
    return;
  }
  const address = `/queries/${encodeURIComponent(kept.id)}`;
  // The same picture again may have come under another name.
  if (location.pathname + location.search === address) await show();
  else await go(address);
}
