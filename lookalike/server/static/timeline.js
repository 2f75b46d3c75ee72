// A line of all months: how many pictures each has, where one is, and a way to any of them.

import { make } from "./dom.js";
import { counted } from "./words.js";

/** A month such as 2019-06 in words. */
export function monthTold(month) {
  const [year, number] = month.split("-").map(Number);
  const date = new Date(Date.UTC(year, number - 1, 1));
  return date.toLocaleDateString(undefined, { month: "long", year: "numeric", timeZone: "UTC" });
}

/** All months from the first to the last one, those without a picture too. */
function allMonths(months) {
  const known = new Map(months.map((one) => [one.month, one]));
  const [first, last] = [months.at(-1).month, months[0].month].map((month) => {
    const [year, number] = month.split("-").map(Number);
    return year * 12 + number - 1;
  });
  const all = [];
  for (let at = last; at >= first; at -= 1) {
    const name = `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}`;
    all.push(known.get(name) ?? { month: name, pictures: 0, skip: null });
  }
  return all.length > 1200 ? months : all; // a clock that was wrong by centuries
}

/**
 * The line.
 * @param {object[]} months with pictures, the last one first, as the interface has them.
 * @param {function(number)} jump called with the number of the picture to go to.
 * @returns {{element: HTMLElement, moved: function(number): void}}
 */
export function timeLine(months, jump) {
  const all = allMonths(months);
  const most = Math.max(...all.map((one) => one.pictures));
  const bars = make("div", { className: "bars", "aria-hidden": "true" });
  for (const one of all) {
    const bar = make("span", { title: `${monthTold(one.month)}: ${counted(one.pictures, "picture")}` });
    if (one.pictures) bar.style.height = `${Math.max(8, 100 * Math.sqrt(one.pictures / most))}%`;
    bars.append(bar);
  }
  const input = make("input", {
    type: "range",
    id: "month",
    min: "0",
    max: String(all.length - 1),
    step: "1",
  });
  input.value = "0";
  const output = make("output", { for: "month" });
  let marked = null;
  let moving = 0;
  const tell = (at) => {
    const one = all[at];
    const told = `${monthTold(one.month)}, ${counted(one.pictures, "picture")}`;
    output.textContent = told;
    input.setAttribute("aria-valuetext", told);
    marked?.classList.remove("here");
    marked = bars.children[at];
    marked?.classList.add("here");
  };
  // Where a month has no picture, it is the one before it: the next one in the list that has.
  const pictureAt = (at) => (all.slice(at).find((one) => one.pictures) ?? months.at(-1)).skip;
  input.addEventListener("input", () => {
    moving = performance.now() + 400;
    tell(Number(input.value));
    jump(pictureAt(Number(input.value)));
  });
  bars.addEventListener("click", (event) => {
    const at = [...bars.children].indexOf(event.target.closest("span"));
    if (at < 0) return;
    input.value = String(at);
    tell(at);
    jump(pictureAt(at));
  });
  const moved = (number) => {
    if (performance.now() < moving) return; // people are moving it
    let at = all.findIndex((one) => one.pictures && one.skip + one.pictures > number);
    if (at < 0) at = all.length - 1;
    input.value = String(at);
    tell(at);
  };
  tell(0);
  const element = make(
    "div",
    { className: "timeline" },
    make("div", { className: "scale" }, bars, input),
    make("label", { for: "month" }, "Time line"),
    output,
  );
  return { element, moved };
}
