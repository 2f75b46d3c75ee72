// Which pictures are wanted: folder, date taken, size, format. What is chosen is in the address.

import { folders } from "./api.js";
import { FILTERS, changed, given } from "./addresses.js";
import { make } from "./dom.js";
import { go } from "./router.js";
import { path } from "./words.js";

const SIZES = {
  "": "any size",
  "0.5MP": "0.5 megapixels or more",
  "2MP": "2 megapixels or more",
  "8MP": "8 megapixels or more",
  "20MP": "20 megapixels or more",
  "1920x1080": "1920 × 1080 or more",
  "3840x2160": "3840 × 2160 or more",
};

const FORMATS = {
  "": "any format",
  jpeg: "JPEG",
  png: "PNG",
  heif: "HEIC",
  webp: "WebP",
  avif: "AVIF",
  gif: "GIF",
  tiff: "TIFF",
  raw: "camera raw",
};

function choice(name, label, options, value) {
  // What somebody wrote into the address is kept, too.
  const known = value in options ? options : { ...options, [value]: value };
  const select = make(
    "select",
    { id: `filter-${name}` },
    ...Object.entries(known).map(([key, text]) =>
      make("option", { value: key, selected: key === value }, text),
    ),
  );
  return { element: field(name, label, select), value: () => select.value, input: select };
}

function field(name, label, ...inputs) {
  return make("span", { className: "field" }, make("label", { for: `filter-${name}` }, label), ...inputs);
}

function folder(value) {
  const list = make("datalist", { id: "folders" });
  const input = make("input", {
    id: "filter-under",
    list: "folders",
    placeholder: "any folder",
    value,
    autocomplete: "off",
    spellcheck: false,
  });
  let asked = false;
  input.addEventListener("focus", async () => {
    if (asked) return;
    asked = true;
    try {
      const found = await folders({});
      list.append(...found.folders.map((one) => make("option", { value: one.path }, path(one.path))));
    } catch {
      asked = false; // a folder can be written, too
    }
  });
  const element = field("under", "Folder", input, list);
  return { element, value: () => input.value.trim(), input };
}

function time(value) {
  const [first, last] = value.includes("..") ? value.split("..") : [value, value];
  const date = (id, text, label) =>
    make("input", {
      id,
      value: text,
      placeholder: "2019-06",
      autocomplete: "off",
      inputMode: "numeric",
      "aria-label": label,
      className: "date",
    });
  const from = date("filter-taken", first, "Taken from: year, month or day");
  const to = date("filter-until", last, "Taken until: year, month or day");
  const element = field("taken", "Taken", from, make("span", {}, "to"), to);
  const range = () => {
    const [one, other] = [from.value.trim(), to.value.trim()];
    return one === other ? one : `${one}..${other}`;
  };
  return { element, value: range, input: from };
}

/**
 * The filters of an address.
 * @param {URL} address that is shown.
 * @param {string} told what is filtered, such as "the hits".
 * @returns {{element: HTMLElement, update: function(URL): void}}
 */
export function filterBar(address, told) {
  const form = make("form", { className: "only", "aria-label": `Filter ${told}` });
  const summary = make("summary");
  const box = make("details", { className: "filterbox" }, summary, form);
  const none = make("a", { className: "button" }, "No filters");
  let shown = null;
  let fields = {};
  const apply = () => {
    const values = Object.fromEntries(FILTERS.map((name) => [name, fields[name].value()]));
    const before = given(new URL(location.href), FILTERS);
    if (FILTERS.every((name) => values[name] === (before[name] ?? ""))) return;
    // What people are filling in isn't drawn anew under their hands.
    shown = JSON.stringify(Object.fromEntries(FILTERS.map((name) => [name, values[name] || null])));
    go(changed(new URL(location.href), values));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  form.addEventListener("change", apply);
  const update = (now) => {
    const values = given(now, FILTERS);
    const set = FILTERS.filter((name) => values[name]);
    summary.textContent = set.length ? `Filters (${set.length})` : "Filters";
    none.hidden = !set.length;
    none.href = changed(now, Object.fromEntries(FILTERS.map((name) => [name, null])));
    const state = JSON.stringify(values);
    if (state === shown) return;
    shown = state;
    fields = {
      under: folder(values.under ?? ""),
      taken: time(values.taken ?? ""),
      larger: choice("larger", "Size", SIZES, values.larger ?? ""),
      format: choice("format", "Format", FORMATS, values.format ?? ""),
    };
    form.replaceChildren(
      ...FILTERS.map((name) => fields[name].element),
      make("button", { type: "submit" }, "Apply"),
      none,
    );
  };
  update(address);
  box.open = FILTERS.some((name) => address.searchParams.get(name));
  return { element: box, update };
}
