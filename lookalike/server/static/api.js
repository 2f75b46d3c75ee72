// Asking the server. Everything that the page shows comes from here, as JSON.

const PREFIX = "/api/v1";

/** What the server refuses; `code` is for the page, the message for people. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(PREFIX + address, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "unreachable", "The server doesn't answer. Does lookalike serve still run?");
  }
  if (response.status === 204) return null;
  if (response.ok && response.headers.get("Content-Type") === "image/jpeg") return response.blob();
  let answer = null;
  try {
    answer = await response.json();
  } catch {
    // Something between us and the server answered in its own words.
  }
  if (response.ok && answer !== null) return answer;
  const told = answer?.error ?? { code: "unexpected", message: `The server answers ${response.status}.` };
  throw new Refused(response.status, told.code, told.message);
}

const query = (values) => new URLSearchParams(values).toString();

export const status = () => ask("/status");
export const pictures = (after) =>
  ask(`/pictures?${query({ order: "newest", limit: 60, ...(after ? { after } : {}) })}`);
export const details = (id) => ask(`/pictures/${encodeURIComponent(id)}`);
export const similar = (id, k, all, signal) =>
  ask(`/pictures/${encodeURIComponent(id)}/similar?${query({ k, all })}`, { signal });
const send = (address, file, signal) =>
  ask(address, {
    method: "POST",
    body: file,
    headers: { "Content-Type": "application/octet-stream" },
    signal,
  });
export const search = (file, k, all, signal) => send(`/search?${query({ k, all })}`, file, signal);
export const shrunk = (file, size, signal) => send(`/thumbnail?${query({ size })}`, file, signal);
export const login = (token) =>
  ask("/login", {
    method: "POST",
    body: JSON.stringify({ token }),
    headers: { "Content-Type": "application/json" },
  });
export const logout = () => ask("/logout", { method: "POST" });

/** Addresses of a picture; `links` are those of the interface. */
export const thumbnail = (links, size) => `${links.thumbnail}?size=${size}`;
export const download = (links) => `${links.original}?download=true`;
