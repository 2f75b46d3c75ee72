// What stands behind the "?" of an address of the page.

/** Filters of pictures; they have the names of the interface. */
export const FILTERS = ["under", "taken", "larger", "format"];

const ORDER = ["text", "part", "more", "less", ...FILTERS, "kind", "max_chance", "similarity", "by", "a", "b"];

/**
 * The address with some parameters changed.
 * @param {URL} address to begin from.
 * @param {object} values by name; null or "" takes a parameter away.
 */
export function changed(address, values) {
  const params = new URLSearchParams(address.search);
  for (const [name, value] of Object.entries(values)) {
    if ((value ?? "") === "") params.delete(name);
    else params.set(name, value);
  }
  const rank = ([name]) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const sorted = [...params].sort((one, other) => rank(one) - rank(other));
  // What may stand behind a "?" as it is, stays readable.
  const text = new URLSearchParams(sorted).toString().replaceAll("%2C", ",").replaceAll("%2F", "/");
  return address.pathname + (text ? `?${text}` : "");
}

/** The values of some parameters, by name; null for those that aren't given. */
export const given = (address, names) =>
  Object.fromEntries(names.map((name) => [name, address.searchParams.get(name)]));

/** Whether an address asks for some pictures only. */
export const isFiltered = (address) => FILTERS.some((name) => address.searchParams.get(name));

/** A parameter's values with commas between them. */
export const listed = (address, name) =>
  (address.searchParams.get(name) ?? "").split(",").filter(Boolean);

/** The address with an id added to a list; from the other list it is taken away. */
export function added(address, name, id) {
  const other = name === "more" ? "less" : "more";
  return changed(address, {
    [name]: [...listed(address, name).filter((one) => one !== id), id].join(","),
    [other]: listed(address, other)
      .filter((one) => one !== id)
      .join(","),
  });
}

/** The address with an id taken from a list. */
export const without = (address, name, id) =>
  changed(address, {
    [name]: listed(address, name)
      .filter((one) => one !== id)
      .join(","),
  });

/** Where two pictures are compared. */
export const comparing = (a, b) =>
  `/compare?${new URLSearchParams({ a: a ?? "", b: b ?? "" }).toString()}`;
