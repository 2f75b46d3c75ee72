"""Measure the second look: edited copies asked for both ways, and false alarms.

    python scripts/second_look.py copies PHOTOS... [--originals 30] [--skip N] [--json FILE]
    python scripts/second_look.py alarms PHOTOS... [--nearest 300000] [--random 700000]

``copies`` edits some pictures in the twenty ways of ``lookalike benchmark edits``. Each copy is
looked for among all photographs, and each original among all photographs, it left out, and all
copies. A pair counts as found if the other one is a hit. ``alarms`` looks at the pairs of different
pictures that are nearest by either code, and at random ones, and lists those that are called edited
or part, to be judged by eye.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lookalike.codes.bits import to_words
from lookalike.evaluation.edits import EDITS
from lookalike.images.preview import pixels_of, preview_of
from lookalike.library import Library
from lookalike.matching.look import look
from lookalike.matching.prepared import prepare
from lookalike.matching.view import View
from lookalike.road import LARGE, Road
from lookalike.types import Match

# What is right to name of each edit; where a set is empty, the kind alone is asked for.
NAMES = {
    "jpeg-20": {"recompress"}, "half-size": {"resize"}, "brightness": {"brightness"},
    "border-20": {"border"}, "text": {"overlay"}, "grey": {"grey"}, "mirror": {"mirror"},
    "rotate-90": {"rotate"}, "screenshot": {"screenshot"}, "blur": {"blur"}, "noise": {"noise"},
}  # fmt: skip
MIDDLES = {"crop-70": 0.7, "crop-50": 0.5, "crop-30": 0.3}


def files_of(folders: Sequence[str]) -> list[Path]:
    """All pictures below the folders, in order."""
    endings = {".jpg", ".jpeg", ".png"}
    return sorted(p for f in folders for p in Path(f).rglob("*") if p.suffix.lower() in endings)


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / max(sum(areas) - width * height, 1e-9)


def copies(folders: Sequence[str], originals: int, skip: int, seed: int) -> dict[str, Any]:
    """Edited copies asked for both ways."""
    paths = files_of(folders)
    order = np.random.default_rng(seed).permutation(len(paths))
    chosen = [paths[i] for i in order[skip : skip + originals]]
    others = [paths[i] for i in order[skip + originals : skip + originals + 3 * originals]]
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "copies"
        made.mkdir()
        for number, path in enumerate(chosen):
            with Image.open(path) as image:
                original = image.convert("RGB")
            beside = []
            for other in others[3 * number : 3 * number + 3]:
                with Image.open(other) as image:
                    beside.append(image.convert("RGB"))
            for edit in EDITS.values():
                copy = edit(original, seed + number, beside)
                if edit.name.endswith(("jpeg-20", "jpeg-10")):
                    quality = 20 if edit.name == "jpeg-20" else 10
                    copy = original if edit.name == "jpeg-20" else copy
                    copy.save(made / f"{number:03}__{edit.name}.jpg", quality=quality)
                else:
                    copy.save(made / f"{number:03}__{edit.name}.png")
        rest = Path(name) / "rest"
        for number, path in enumerate(p for p in paths if p not in set(chosen)):
            rest.mkdir(exist_ok=True)
            shutil.copy(path, rest / f"{number:05}{path.suffix}")
        by_copy: dict[tuple[int, str], Match | None] = {}
        by_original: dict[tuple[int, str], Match | None] = {}
        seconds = Counter[str]()
        with Library.open(Path(name) / "a.lookalike") as library:
            library.index(*folders)
            for file in sorted(made.iterdir()):
                number, edit = file.stem.split("__")
                found = library.search(file, 20)
                seconds.update(found.seconds)
                wanted = str(chosen[int(number)].absolute())
                hits = [hit for hit in found.hits if hit.path == wanted]
                by_copy[int(number), edit] = hits[0] if hits else None
        with Library.open(Path(name) / "b.lookalike") as library:
            library.index(rest, made)
            for number, path in enumerate(chosen):
                found = library.search(path, 60)
                own = {Path(h.path).stem: h for h in found.hits if f"{number:03}__" in h.path}
                for edit in EDITS:
                    by_original[number, edit] = own.get(f"{number:03}__{edit}")
    return table(by_copy, by_original, seconds, len(paths))


def table(
    by_copy: dict[tuple[int, str], Match | None],
    by_original: dict[tuple[int, str], Match | None],
    seconds: Counter[str],
    pictures: int,
) -> dict[str, Any]:
    """What was found, by edit and in all."""
    rows: dict[str, dict[str, Any]] = {}
    for edit in EDITS:
        pairs = [(by_copy[key], by_original[key]) for key in by_copy if key[1] == edit]
        ways = list(zip(*pairs, strict=True))
        rows[edit] = {
            "same": share(a is not None and b is not None and a.kind == b.kind for a, b in pairs),
            "named": [share(hit is not None and hit.kind in ("edited", "part") for hit in way)
                      for way in ways],
            "kinds": [dict(Counter("missing" if h is None else h.kind for h in way))
                      for way in ways],
        }  # fmt: skip
        if edit in NAMES:
            rows[edit]["edits"] = [
                share(hit is not None and {e.name for e in hit.edits} == NAMES[edit] for hit in way)
                for way in ways
            ]
            rows[edit]["wrong"] = dict(
                Counter(
                    "+".join(sorted({e.name for e in hit.edits})) or "none"
                    for way in ways
                    for hit in way
                    if hit is not None and {e.name for e in hit.edits} != NAMES[edit]
                )
            )
        if edit in MIDDLES:
            cut = (1 - MIDDLES[edit]) / 2
            wanted = (cut, cut, 1 - cut, 1 - cut)
            rows[edit]["boxes"] = [
                share(
                    hit is not None
                    and any(b.of == of and overlap(b.at, wanted) >= 0.8 for b in hit.boxes)
                    for hit in way
                )
                for way, of in zip(ways, ("hit", "query"), strict=True)
            ]
    count = len(by_copy)
    return {
        "pictures": pictures,
        "pairs": count,
        "same kind both ways": float(np.mean([row["same"] for row in rows.values()])),
        "edited or part": np.mean([row["named"] for row in rows.values()], axis=0).tolist(),
        "edits right": np.mean(
            [r["edits"] for r in rows.values() if "edits" in r], axis=0
        ).tolist(),
        "boxes right": np.mean(
            [r["boxes"] for r in rows.values() if "boxes" in r], axis=0
        ).tolist(),
        "ms a search": {k: round(1000 * v / count, 1) for k, v in seconds.items()},
        "by edit": rows,
    }


def share(truths: Iterator[bool]) -> float:
    """Of those that are true."""
    return float(np.mean(list(truths)))


def alarms(folders: Sequence[str], nearest: int, random: int, seed: int) -> dict[str, Any]:
    """Pairs of different pictures that are called edited or part."""
    paths = files_of(folders)
    started = time.monotonic()
    from lookalike.encoders import registry

    encoders = {"pdq": registry.load("pdq-area"), "photo": registry.load("photo-256")}
    made, words = [], defaultdict(list)
    with Road(encoders) as road, ThreadPoolExecutor(4) as threads:

        def one(path: Path) -> Any:
            picture = road.picture(path, more={"large": LARGE})
            coded = road.coded(picture)
            small = pixels_of(preview_of(picture.inputs["large"]))
            view = View(small, (picture.width, picture.height), picture.content_digest)
            return prepare(view), {k: to_words(c.code[None])[0] for k, c in coded.codes.items()}

        for prepared, codes in threads.map(one, paths):
            made.append(prepared)
            for key, row in codes.items():
                words[key].append(row)
    count = len(paths)
    print(f"{count} pictures made ready in {time.monotonic() - started:.0f} s", file=sys.stderr)
    pairs: set[tuple[int, int]] = set()
    above = np.triu_indices(count, 1)
    for rows in words.values():
        stacked = np.stack(rows)
        distances = np.concatenate(
            [np.bitwise_count(stacked[i] ^ stacked[i + 1 :]).sum(1, dtype=np.uint16)
             for i in range(count - 1)]
        )  # fmt: skip
        best = np.argpartition(distances, min(nearest // 2, len(distances) - 1))[: nearest // 2]
        pairs |= {(int(above[0][i]), int(above[1][i])) for i in best}
    near = len(pairs)
    generator = np.random.default_rng(seed)
    while len(pairs) < near + random:
        i, j = sorted(generator.integers(0, count, 2).tolist())
        if i != j:
            pairs.add((i, j))
    found: list[dict[str, Any]] = []

    def see(pair: tuple[int, int]) -> None:
        verdict = look(made[pair[0]], made[pair[1]])
        if verdict.kind != "alike":
            told = {"kind": verdict.kind, "agreement": verdict.agreement}
            found.append({**told, "pair": [str(paths[i]) for i in pair]})

    begun = time.process_time()
    with ThreadPoolExecutor(2) as threads:
        for done, _ in enumerate(threads.map(see, sorted(pairs), chunksize=500), 1):
            if done % 20_000 == 0:
                print(f"{done:,} of {len(pairs):,}, {len(found)} found", file=sys.stderr)
    cpu = (time.process_time() - begun) / max(1, len(pairs))
    return {
        "pictures": count, "nearest": near, "random": len(pairs) - near,
        "found": sorted(found, key=lambda one: str(one["pair"])), "cpu ms a pair": 1000 * cpu,
    }  # fmt: skip


def main() -> None:
    """Measure, print as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("copies", "alarms"))
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--originals", type=int, default=30)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--nearest", type=int, default=300_000)
    parser.add_argument("--random", type=int, default=700_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.what == "copies":
        result = copies(given.folders, given.originals, given.skip, given.seed)
    else:
        result = alarms(given.folders, given.nearest, given.random, given.seed)
    text = json.dumps(result, indent=2)
    if given.json is not None:
        given.json.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
