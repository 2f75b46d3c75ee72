// The page that says what the library holds.

import { status } from "./api.js";
import { make } from "./dom.js";
import { counted, path } from "./words.js";

/** What a file of the ledger has in common with others: as lookalike status groups them. */
function groupOf(entry) {
  if (entry.cause !== "file") return entry.cause;
  return entry.status === "failed" ? "damaged" : "no picture";
}

function table(heading, names, rows, told, level = "h2") {
  return make(
    "section",
    {},
    make(level, {}, heading),
    told ? make("p", {}, told) : null,
    make(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": heading },
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, ...names.map((n) => make("th", { scope: "col" }, n)))),
        make(
          "tbody",
          {},
          ...rows.map((row) => make("tr", {}, ...row.map((text) => make("td", {}, text)))),
        ),
      ),
    ),
  );
}

/** The content of the page. */
export async function libraryPage() {
  const found = await status();
  const left = found.skipped + found.failed;
  const parts = [
    make("h1", {}, counted(found.pictures, "picture")),
    make(
      "p",
      {},
      `${found.distinct.toLocaleString("en")} different` +
        (found.missing ? `, ${counted(found.missing, "file")} missing or left out` : "") +
        (found.read_only ? "; the library can only be read here" : "") +
        `. lookalike ${found.version}.`,
    ),
    table(
      "Folders",
      ["Folder", "Pictures", ""],
      found.folders.map((folder) => [
        path(folder.path),
        folder.pictures.toLocaleString("en"),
        [
          folder.online ? path(folder.note) : `offline: it ${path(folder.note)}`,
          folder.everything ? "with programs' own folders" : "",
          ...folder.exclude.map((pattern) => `without ${path(pattern)}`),
        ]
          .filter(Boolean)
          .join(", "),
      ]),
    ),
    table(
      "Codes",
      ["Code", "Bits", "Pictures", "Searched by"],
      found.codes.map((code) => [
        code.name,
        String(code.bits),
        code.pictures.toLocaleString("en") +
          (code.stale ? ` (${code.stale.toLocaleString("en")} old: run lookalike reindex)` : ""),
        code.index,
      ]),
    ),
  ];
  if (found.changes_count) {
    const rest = found.changes_count - found.changes.length;
    parts.push(
      table(
        `${counted(found.changes_count, "change")} in the last run`,
        ["Change", "File", "Before"],
        found.changes.map((change) => [
          change.what,
          path(change.path),
          change.from === null ? "" : path(change.from),
        ]),
      ),
      rest > 0 ? make("p", {}, `And ${counted(rest, "other")}: lookalike status has more.`) : null,
    );
  }
  if (left) parts.push(make("h2", {}, `${counted(left, "file")} without a code`));
  for (const group of found.groups) {
    const shown =
      group.name === "loss" ? found.losses : found.ledger.filter((entry) => groupOf(entry) === group.name);
    const rest = group.files - shown.length;
    const heading = `${group.title[0].toUpperCase()}${group.title.slice(1)}: ${counted(group.files, "file")}`;
    parts.push(
      table(
        heading,
        ["File", group.name === "loss" ? "What is lost" : "Why"],
        shown.map((entry) => [path(entry.path), path(entry.reason)]),
        `What to do: ${group.advice}.`,
        group.name === "loss" ? "h2" : "h3",
      ),
      rest > 0 ? make("p", {}, `And ${counted(rest, "other")}: lookalike status --all has them.`) : null,
    );
  }
  return make("article", { className: "library" }, ...parts.filter(Boolean));
}
