"""Plant groups of copies among other photographs, and measure how many of them are found.

    python scripts/planted_groups.py make PHOTOS... --to FOLDER [--groups 500] [--others 10000]
    python scripts/planted_groups.py measure FOLDER [--library FILE] [--json FILE] [--sheets FOLDER]

``make`` takes some photographs and edits each in one to five of the twenty ways of ``lookalike
benchmark edits``, into files across folders; some copies are edited twice. The rest of the
photographs lie beside them. Where there are fewer than wanted, parts of photographs at other places
are cut out for more, 45 per cent of each side, no two of them the same place of one. ``measure``
indexes the folder, finds duplicates, and compares: a *membership* is a picture in a group with the
one that is kept. Found are pictures that are in a group with any other of their own. A membership
is

* right, if both are of one planted group;
* related, if both show some of one photograph otherwise: of a photograph and what was cut out of
  it, or of a collage and what lies in it beside the planted picture; or of two photographs that are
  one, or one drawing, in Caltech-101 itself: those that were found were looked at, see ``_TWINS``;
* unknown, if both are aerial pictures of RESISC-45, which were cut out of few maps by those who
  made it, many of them over each other: nobody noted which. Each is drawn for the eye;
* wrong else.

Precision is of all but the unknown ones. Nothing is hidden: all are counted, the wrong and the
unknown ones are listed, and ``--sheets`` draws them.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lookalike.evaluation.edits import EDITS
from lookalike.library import Library

_ENDINGS = {".jpg", ".jpeg", ".png"}
_FOLDERS = ("camera", "phone/2019", "phone/2020", "downloads", "sent", "backup/old")
_TWICE = 0.1  # of the copies are edited by a second edit
_SHARE = 0.45  # of each side, of what is cut out to have more photographs
_WHOLE = (0, 0, 1 << 30, 1 << 30)
_MAPS = "resisc"
_KINDS = ("same-bytes", "same-pixels", "edited")
_ROWS, _SIDE = 12, 240  # pairs of a sheet, pixels of a picture in it

# Of photographs/objects (Caltech-101), by eye: the same photograph mirrored, saved anew or cut
# otherwise, the same drawing on another ground, in other colours or with other words.
_TWINS = {
    frozenset({f"{kind}/image_{a:04}.jpg", f"{kind}/image_{b:04}.jpg"})
    for kind, a, b in (
        ("Leopards", 53, 153), ("anchor", 3, 39), ("anchor", 8, 17), ("brain", 1, 48),
        ("dragonfly", 11, 17), ("garfield", 22, 34), ("garfield", 25, 34), ("garfield", 22, 25),
        ("lobster", 1, 4), ("minaret", 25, 51), ("nautilus", 20, 33), ("octopus", 2, 4),
        ("yin_yang", 2, 14), ("cougar_body", 2, 26), ("stapler", 38, 39),
    )
} | {
    frozenset({"crocodile/image_0047.jpg", "crocodile_head/image_0045.jpg"}),
    frozenset({"flamingo/image_0062.jpg", "flamingo_head/image_0041.jpg"}),
}  # fmt: skip

Told = dict[str, Any]


def photographs(folders: Sequence[str]) -> list[Path]:
    """All pictures below the folders, in order."""
    return sorted(p for f in folders for p in Path(f).rglob("*") if p.suffix.lower() in _ENDINGS)


def make(folders: Sequence[str], target: Path, groups: int, others: int, seed: int) -> None:
    """Write the files, and what is what."""
    rng = np.random.default_rng(seed)
    paths = photographs(folders)
    if groups > len(paths):
        sys.exit(f"{groups} groups need as many photographs: there are {len(paths)}")
    order = [paths[n] for n in rng.permutation(len(paths))]
    for folder in _FOLDERS:
        (target / folder).mkdir(parents=True, exist_ok=True)
    truth: dict[str, Told] = {}

    def save(
        image: Image.Image, group: int | None, edits: Sequence[str], shows: Sequence[Any]
    ) -> None:
        number = len(truth)
        folder = _FOLDERS[int(rng.integers(len(_FOLDERS)))]
        quality = int(rng.integers(70, 96))
        name = f"{folder}/{number:06}.{'png' if rng.random() < 0.1 else 'jpg'}"
        image.save(target / name, quality=quality)
        truth[name] = {"group": group, "edits": list(edits), "shows": list(shows)}

    names = list(EDITS)
    for group, path in enumerate(order[:groups]):
        with Image.open(path) as image:
            original = image.convert("RGB")
        save(original, group, (), [[str(path), _WHOLE]])
        for _ in range(int(rng.integers(1, 6))):
            edit = EDITS[names[int(rng.integers(len(names)))]]
            # What lies beside it in a collage: a third of each side of other photographs.
            cuts = [_cut(order[int(n)], rng) for n in rng.integers(groups, len(order), 3)]
            copy = edit(original, int(rng.integers(1 << 30)), [cut for cut, _ in cuts])
            done = [edit.name]
            if rng.random() < _TWICE:
                second = EDITS[("jpeg-20", "half-size", "brightness", "grey")[len(truth) % 4]]
                copy = second(copy, int(rng.integers(1 << 30)))
                done.append(second.name)
            beside = [shown for _, shown in cuts[: edit.others]]
            save(copy, group, done, [[str(path), _WHOLE], *beside])
    rest = order[groups:]
    for path in rest[:others]:
        with Image.open(path) as image:
            save(image.convert("RGB"), None, (), [[str(path), _WHOLE]])
    more, corner = others - len(rest[:others]), 0
    while more > 0 and rest and corner < 4:
        for path in rest[:more]:
            with Image.open(path) as image:
                width, height = image.size
                left = (corner % 2) * (width - int(_SHARE * width))
                top = (corner // 2) * (height - int(_SHARE * height))
                box = (left, top, left + int(_SHARE * width), top + int(_SHARE * height))
                save(image.convert("RGB").crop(box), None, (), [[str(path), box]])
        more, corner = more - len(rest[:more]), corner + 1
    (target / "truth.json").write_text(json.dumps(truth, indent=0), encoding="utf-8")
    print(f"{len(truth):,} files, {groups:,} groups")


def _cut(path: Path, rng: np.random.Generator) -> tuple[Image.Image, list[Any]]:
    with Image.open(path) as image:
        picture = image.convert("RGB")
    width, height = picture.size
    left, top = int(rng.integers(width // 2 + 1)), int(rng.integers(height // 2 + 1))
    box = (left, top, left + width // 3, top + height // 3)
    return picture.crop(box), [str(path), box]


def truth_of(folder: Path) -> dict[str, Told]:
    """What is known of each file, by its absolute path."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {str((folder / name).absolute()): told for name, told in truth.items()}


def measure(folder: Path, location: Path) -> dict[str, Any]:
    """Index, find, compare."""
    where = truth_of(folder)
    with Library.open(location) as library:
        began = time.perf_counter(), used()
        library.index(folder)
        indexed = time.perf_counter() - began[0], used() - began[1]
        runs = []
        for kinds in (_KINDS, (*_KINDS, "part", "burst"), (*_KINDS, "part", "burst")):
            began = time.perf_counter(), used()
            found = library.duplicates(kinds=kinds)
            seconds, processor = time.perf_counter() - began[0], used() - began[1]
            runs.append(
                {
                    "kinds": kinds,
                    "seconds": round(seconds, 2),
                    "processor": round(processor, 2),
                    "stages": dict(found.seconds),
                    "pairs": found.pairs,
                    "looked": found.looked,
                    "groups": len(found.groups),
                    **compared(memberships(found.groups), where),
                    "kept": kept(found.groups, where),
                }
            )
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "files": len(where),
        "index": [round(one, 1) for one in indexed],
        "runs": runs,
        "peak_mib": peak // 1024,
    }


def used() -> float:
    """Seconds of processor time of this process and of those that it has waited for."""
    times = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)


def memberships(groups: Iterable[Any]) -> list[list[Any]]:
    """Each member with the one that is kept: kind, distance, both paths."""
    return [
        [member.kind, member.distance, group.keep.path, member.path]
        for group in groups
        for member in group.members
    ]


def compared(pairs: Iterable[Sequence[Any]], where: dict[str, Told]) -> dict[str, Any]:
    """Precision and recall of memberships; what is missing, by edit; what isn't right."""
    inside: set[str] = set()
    told: dict[str, list[Any]] = {"right": [], "related": [], "unknown": [], "wrong": []}
    for pair in pairs:
        relation = related(where[pair[-2]], where[pair[-1]])
        told[relation].append([*pair, *(where[path]["shows"][0][0] for path in pair[-2:])])
        if relation == "right":
            inside |= {pair[-2], pair[-1]}
    planted = {path for path, one in where.items() if one["group"] is not None}
    missing = Counter("+".join(where[path]["edits"]) or "original" for path in planted - inside)
    of_edit = Counter("+".join(where[path]["edits"]) or "original" for path in planted)
    known, wrong = len(told["right"]) + len(told["related"]), len(told["wrong"])
    of_planted = [one for one in told["wrong"] if {one[-4], one[-3]} & planted]
    return {
        "precision": round(known / max(1, known + wrong), 5),
        "recall": round(len(inside) / max(1, len(planted)), 5),
        "memberships": {name: len(some) for name, some in told.items()},
        "wrong_of_planted": len(of_planted),
        "missing": {name: f"{n} of {of_edit[name]}" for name, n in missing.most_common()},
        "missing_files": sorted(planted - inside),
        "wrong": told["wrong"][:200],
        "unknown": told["unknown"][:1000],
    }


def related(one: Told, other: Told) -> str:
    """What two files are to each other."""
    if one["group"] is not None and one["group"] == other["group"]:
        return "right"
    for source, (left, top, right, bottom) in one["shows"]:
        for also, box in other["shows"]:
            wide = min(right, box[2]) - max(left, box[0])
            high = min(bottom, box[3]) - max(top, box[1])
            if source == also and wide > 0 and high > 0:
                return "related"
            if frozenset("/".join(Path(one).parts[-2:]) for one in (source, also)) in _TWINS:
                return "related"
    sources = [source for told in (one, other) for source, _ in told["shows"][:1]]
    return "unknown" if all(_MAPS in source for source in sources) else "wrong"


def kept(groups: Iterable[Any], where: dict[str, Told]) -> dict[str, Any]:
    """How often an edited copy is kept though the original is in the group; by edit and rule."""
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for group in groups:
        if group.kind not in _KINDS:
            continue
        paths = [group.keep.path, *(member.path for member in group.members)]
        own = where[group.keep.path]
        if own["group"] is None or not any(
            where[p]["group"] == own["group"] and not where[p]["edits"] for p in paths
        ):
            counts["without their original"] += 1
        elif own["edits"]:
            counts["an edited one"] += 1
            rules = ", ".join(step.rule for step in group.keep.steps)
            why[f"{'+'.join(own['edits'])}: {rules}: {group.keep.why}"] += 1
        else:
            counts["the original"] += 1
    return {**counts, "why": dict(why.most_common(80))}


def draw(pairs: Sequence[Sequence[Any]], folder: Path, name: str) -> None:
    """Sheets of pairs beside each other, for the eye; their numbers are on them."""
    from PIL import ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(pairs), _ROWS):
        some = pairs[start : start + _ROWS]
        sheet = Image.new("RGB", (4 * (_SIDE + 8), 3 * 2 * (_SIDE // 2 + 24)), "white")
        pen = ImageDraw.Draw(sheet)
        for number, pair in enumerate(some):
            x = (number % 4) * (_SIDE + 8)
            y = (number // 4) * (_SIDE + 48)
            pen.text((x, y), f"{start + number} {pair[0]}", fill="black")
            for place, path in enumerate((pair[2], pair[3])):
                with Image.open(path) as image:
                    small = image.convert("RGB")
                small.thumbnail((_SIDE // 2, _SIDE))
                sheet.paste(small, (x + place * _SIDE // 2, y + 14))
        sheet.save(folder / f"{name}-{start // _ROWS:02}.png")


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("photos", nargs="+")
    making.add_argument("--to", type=Path, required=True)
    making.add_argument("--groups", type=int, default=500)
    making.add_argument("--others", type=int, default=10_000)
    making.add_argument("--seed", type=int, default=0)
    measuring = commands.add_parser("measure")
    measuring.add_argument("folder", type=Path)
    measuring.add_argument("--library", type=Path)
    measuring.add_argument("--json", type=Path)
    measuring.add_argument("--sheets", type=Path)
    given = parser.parse_args()
    if given.command == "make":
        make(given.photos, given.to, given.groups, given.others, given.seed)
        return
    found = measure(given.folder, given.library or given.folder / "planted.lookalike")
    if given.sheets:
        for name in ("wrong", "unknown"):
            draw(found["runs"][-1][name], given.sheets, name)
    text = json.dumps(found, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
