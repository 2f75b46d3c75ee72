// The picture that is asked with, on top of what was found: and its part, and pictures beside it.

import { thumbnail } from "./api.js";
import { added, changed, listed, without } from "./addresses.js";
import { chooser, marked, read, told, written } from "./crop.js";
import { fill, make } from "./dom.js";
import { go } from "./router.js";
import { nameOf, sendShown } from "./upload.js";
import { ACCEPTED } from "./picking.js";
import { path } from "./words.js";

/**
 * A box that shows it.
 * @param {object} subject with `links`, `name` and `facts`.
 * @param {function(string): Promise<object>} lookUp what is known of another id.
 * @param {...Node} buttons of this kind of subject.
 * @returns {{box: HTMLElement, update: function(URL): void}}
 */
export function askedBox(subject, lookUp, ...buttons) {
  const image = make("img", { alt: "", src: thumbnail(subject.links, 512) });
  const frame = make("div", { className: "frame" }, image);
  image.addEventListener("error", () => {
    fill(frame, make("span", { className: "missing" }, "no preview"));
  });
  const partLine = make("div");
  const beside = make("div");
  const box = make(
    "section",
    { className: "query", "aria-label": "Searched for" },
    frame,
    make(
      "div",
      { className: "about" },
      make("h1", {}, subject.name),
      make("p", { className: "facts" }, subject.facts),
      partLine,
      beside,
    ),
  );
  let shownPart = null;
  let shownBeside = null;

  const choosePart = (address, part) => {
    box.classList.add("cropping");
    image.src = thumbnail(subject.links, 1024);
    for (const old of frame.querySelectorAll(".part-frame")) old.remove();
    const controls = chooser(frame, part, (chosen) => {
      box.classList.remove("cropping");
      shownPart = null;
      if (chosen === null) update(address);
      else go(changed(address, { part: written(chosen) }));
      partLine.querySelector("button")?.focus();
    });
    fill(partLine, controls);
  };

  const drawPart = (address) => {
    const part = read(address.searchParams.get("part"));
    for (const old of frame.querySelectorAll(".part-frame, .cropper")) old.remove();
    box.classList.remove("cropping");
    if (part) frame.append(marked(part));
    fill(
      partLine,
      part && make("p", { className: "facts" }, `Only a part: ${told(part)}.`),
      make(
        "p",
        { className: "buttons" },
        ...(part ? [] : buttons),
        make(
          "button",
          { type: "button", onclick: () => choosePart(address, part) },
          part ? "Another part" : "Search by a part",
        ),
        part && make("a", { className: "button", href: changed(address, { part: null }) }, "Whole picture"),
        adder(address),
      ),
    );
  };

  const update = (address) => {
    const part = address.search;
    if (part !== shownPart) drawPart(address);
    shownPart = part;
    const ids = `${address.searchParams.get("more")};${address.searchParams.get("less")}`;
    if (ids !== shownBeside) drawBeside(beside, address, lookUp);
    shownBeside = ids;
  };
  return { box, update };
}

/** A button that adds a picture file as more of the same. */
function adder(address) {
  const input = make("input", { type: "file", id: "also", accept: ACCEPTED, className: "hidden" });
  input.addEventListener("change", async () => {
    const file = input.files[0];
    const kept = file ? await sendShown(file) : null;
    if (kept !== null) go(added(address, "more", kept.id));
  });
  return make(
    "span",
    { className: "adder" },
    input,
    make("label", { for: "also", className: "button" }, "Add a picture"),
  );
}

/** The further pictures: as many small ones, each with a way to take it away. */
function drawBeside(place, address, lookUp) {
  const chips = ["more", "less"].flatMap((side) =>
    listed(address, side).map((id) => {
      const says = side === "more" ? "more like" : "less like";
      const image = make("img", { alt: "" });
      const label = make("span", {}, says);
      const drop = make("a", {
        className: "drop",
        href: without(address, side, id),
        "aria-label": `Take away: ${says}`,
        title: "Take it away",
        textContent: "×",
      });
      lookUp(id).then(
        (found) => {
          const name = path(nameOf(id) ?? found.name ?? "picture");
          image.src = thumbnail(found.links, 128);
          label.textContent = `${says} ${name}`;
          drop.setAttribute("aria-label", `Take away: ${says} ${name}`);
        },
        () => {
          label.textContent = `${says} a picture that is gone`;
        },
      );
      return make("li", { className: side === "more" ? "wanted" : "unwanted" }, image, label, drop);
    }),
  );
  fill(place, chips.length ? make("ul", { className: "beside" }, ...chips) : null);
}
