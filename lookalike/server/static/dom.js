// Making elements. Text only ever becomes text: nothing here, and nothing in this page, makes
// HTML from strings, and the policy of the server (trusted types) forbids it.

const isThere = (child) => child !== null && child !== undefined && child !== false;

/**
 * An element.
 * @param {string} name of the element.
 * @param {object} properties such as {className: "card", onclick: f}; names with a dash, and
 *   "role", "for" and "list", become attributes; false and null leave an attribute out.
 * @param {...(Node|string|null|undefined|false)} children strings become text, nothing is left out.
 */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for" || key === "list") {
      if (value !== false && value !== null) element.setAttribute(key, String(value));
    } else {
      element[key] = value;
    }
  }
  element.append(...children.filter(isThere));
  return element;
}

/** Put some children in the place of all that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter(isThere));
}

/** Tell people who don't see the page what has changed. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** A line that says what is wrong. */
export function complaint(text) {
  return make("p", { className: "message wrong", role: "alert" }, text);
}

/** A line that says what is being waited for. */
export const busy = (text) => make("p", { className: "message busy", role: "status" }, text);
