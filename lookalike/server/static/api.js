// Asking the server. Everything that the page shows comes from here, as JSON.

export const PREFIX = "/api/v1";

/** What the server refuses; `code` is for the page, the message for people. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The error of a server that isn't there. */
export const unreachable = () =>
  new Refused(0, "unreachable", "The server doesn't answer. Does lookalike serve still run?");

/** The error that an answer tells; `answer` is its JSON, null where it is none. */
export function refusal(status, answer) {
  const told = answer?.error ?? { code: "unexpected", message: `The server answers ${status}.` };
  return new Refused(status, told.code, told.message);
}

/**
 * Ask the server.
 * @param {string} address below /api/v1.
 * @param {object} options as of fetch.
 * @returns {Promise<?object>} the answer's JSON; null where there is none.
 */
export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(PREFIX + address, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (response.status === 204) return null;
  let answer = null;
  try {
    answer = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    // Something between us and the server answered in its own words.
  }
  if (response.ok && answer !== null) return answer;
  throw refusal(response.status, answer);
}

/** Parameters as they stand behind the "?"; what is null or empty is left out. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => (value ?? "") !== "");
  return new URLSearchParams(given).toString();
}

/** Send JSON. */
export const send = (method, address, body, signal) =>
  ask(address, {
    method,
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
    signal,
  });

export const health = (signal) => ask("/health", { signal });
export const status = (signal) => ask("/status", { signal });
export const login = (token) => send("POST", "/login", { token });
export const logout = () => ask("/logout", { method: "POST" });

/** A page of the library's pictures; `values` as the interface has them. */
export const pictures = (values, signal) => ask(`/pictures?${query(values)}`, { signal });
export const details = (id, signal) => ask(`/pictures/${encodeURIComponent(id)}`, { signal });
/** A picture that was sent to search by. */
export const sent = (id, signal) => ask(`/queries/${encodeURIComponent(id)}`, { signal });
/** Hits of a picture of the library, or of one that was sent. */
export const results = (id, isSent, values, signal) =>
  ask(
    `${isSent ? "/queries" : "/pictures"}/${encodeURIComponent(id)}/` +
      `${isSent ? "results" : "similar"}?${query(values)}`,
    { signal },
  );
/** Hits of words. */
export const text = (values, signal) => ask(`/text?${query(values)}`, { signal });
export const folders = (values, signal) => ask(`/folders?${query(values)}`, { signal });
export const timeline = (values, signal) => ask(`/timeline?${query(values)}`, { signal });
export const compare = (a, b, signal) => ask(`/compare?${query({ a, b })}`, { signal });
export const ledger = (values, signal) => ask(`/ledger?${query(values)}`, { signal });
export const selftest = (signal) => ask("/selftest", { signal });

/** Addresses of a picture; `links` are those of the interface. */
export const thumbnail = (links, size) => `${links.thumbnail}?size=${size}`;
export const download = (links) => `${links.original}?download=true`;
/** The drawing of two pictures with what differs marked. */
export const drawing = (a, b) => `${PREFIX}/compare/drawing?${query({ a, b })}`;
