// What is said of a library that holds nothing yet.

import { make } from "./dom.js";

/** What to do about it: the children of a line. */
export const noPictures = () => [
  "The library holds no pictures yet. Put some in with: ",
  make("code", {}, "lookalike index FOLDER"),
];

/** The line of it. */
export const emptyLibrary = () => make("p", { className: "message" }, ...noPictures());
