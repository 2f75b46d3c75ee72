// Handing over the token: from the address that lookalike serve printed, or by hand.

import { Refused, login } from "./api.js";
import { complaint, fill, make } from "./dom.js";

/**
 * Log in with the token behind the "#" of the address, if there is one, and take it away.
 * @returns {boolean} whether there was one.
 */
export async function loginByAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return false;
  history.replaceState(history.state, "", location.pathname + location.search);
  try {
    await login(token);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // The form says that a token is needed.
  }
  return true;
}

/** Let a form log in with what its field holds; `then` is called when it was right, else `wrong` says why not. */
export function logsIn(form, input, wrong, then) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await login(input.value.trim());
    } catch (error) {
      fill(wrong, complaint(error.message));
      input.select();
      return;
    }
    then();
  });
}

/** Ask for the token; `then` is called when it was right. */
export function showLogin(place, then) {
  const input = make("input", {
    type: "password",
    id: "token",
    name: "token",
    autocomplete: "current-password",
    required: true,
  });
  const wrong = make("div");
  const form = make(
    "form",
    { className: "login" },
    make("h1", {}, "This library needs a token"),
    make("p", {}, "It is in the address that lookalike serve printed when it started."),
    make("label", { for: "token" }, "Token"),
    input,
    make("button", { type: "submit", className: "main" }, "Log in"),
    wrong,
  );
  logsIn(form, input, wrong, () => {
    dispatchEvent(new Event("lookalike:login"));
    then();
  });
  fill(place, form);
  input.focus();
}
