// The views of the page: which address shows which. A view is a module with
//
//   show(place, signal, address)
//
// which fills `place` (an element of its own) with what belongs to `address` (a URL). `signal` is
// aborted when the view is left. What show() resolves to may have `update(address)`: it is called
// in place of another show() when nothing but what stands behind the "?" has changed.

/** A picture's or a query's id. */
const ID = "[A-Za-z0-9_-]+";

/** The order of the library's pictures as the interface names it. */
export const ORDERS = { taken: "-taken", folder: "path", added: "newest", size: "-size" };

function libraryTwin(params) {
  const values = new URLSearchParams(params);
  values.delete("by");
  values.set("order", ORDERS[params.get("by")] ?? ORDERS.taken);
  return `/api/v1/pictures?${values}`;
}

/**
 * In the order of the tabs.
 * @property {string} name of the tab.
 * @property {string} tab where the tab leads.
 * @property {RegExp} at which addresses the view is for, by their path.
 * @property {function(): Promise} load the module.
 * @property {function(URL): ?string} twin where the same is as JSON; null for nowhere.
 */
export const VIEWS = [
  {
    name: "Search",
    tab: "/",
    at: /^\/$/,
    load: () => import("./front.js"),
    twin: () => "/api/v1/pictures?order=newest",
  },
  {
    at: new RegExp(`^/(pictures|queries)/${ID}$`),
    of: "/",
    load: () => import("./search.js"),
    twin: ({ pathname, searchParams }) => {
      const given = new URLSearchParams(searchParams);
      given.delete("similarity"); // a matter of showing what was found
      const what = pathname.startsWith("/queries/") ? "results" : "similar";
      return `/api/v1${pathname}/${what}${given.size ? `?${given}` : ""}`;
    },
  },
  {
    at: /^\/text$/,
    of: "/",
    load: () => import("./text.js"),
    twin: ({ search, searchParams }) => (searchParams.get("text") ? `/api/v1/text${search}` : null),
  },
  {
    name: "Duplicates",
    tab: "/duplicates",
    at: /^\/duplicates$/,
    load: () => import("./duplicates.js"),
    twin: ({ searchParams }) => {
      const given = new URLSearchParams(searchParams);
      given.delete("group");
      return `/api/v1/duplicates${given.size ? `?${given}` : ""}`;
    },
  },
  {
    at: /^\/duplicates\/plan$/,
    of: "/duplicates",
    load: () => import("./duplicates-plan.js"),
    twin: () => "/api/v1/journal",
  },
  {
    name: "Compare",
    tab: "/compare",
    at: /^\/compare$/,
    load: () => import("./compare.js"),
    twin: ({ search, searchParams }) =>
      searchParams.get("a") && searchParams.get("b") ? `/api/v1/compare${search}` : null,
  },
  {
    name: "Library",
    tab: "/library",
    at: /^\/library$/,
    load: () => import("./library.js"),
    twin: ({ searchParams }) => libraryTwin(searchParams),
  },
  {
    at: /^\/library\/state$/,
    of: "/library",
    load: () => import("./state.js"),
    twin: () => "/api/v1/status",
  },
  {
    name: "Map",
    tab: "/map",
    at: /^\/map$/,
    load: () => import("./map.js"),
    twin: () => "/api/v1/map",
  },
];

/** The view of an address; undefined where there is none. */
export const viewOf = (address) => VIEWS.find((view) => view.at.test(address.pathname));
