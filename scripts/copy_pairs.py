"""Precision and recall of pairs: what is called a copy of what, beside other ways to tell.

    python scripts/copy_pairs.py PHOTOS... [--originals 30] [--skip N] [--before CHECKOUT]

Some pictures are edited in the twenty ways of ``lookalike benchmark edits`` and put among all
others. Each of the copies and of their originals is then looked for. A pair is called by lookalike
if a hit is ``same-...``, ``edited`` or ``part``, and by a hash if its distance is at most the
threshold: that of its documentation, and the one at which its F1 is best on these very pictures,
which no user can know. A pair is right if both show one original, and wrong if no picture is in
both; pairs of copies of one original of which each shows another part count for nobody, nor do
those of a collage and what else is in it. A hash has to find each pair of an original and its copy;
pairs of two copies are only counted if they are wrong. ``--before`` asks another checkout, too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.evaluation.copy_peers import PEERS, CopyPeer, open_peers
from lookalike.evaluation.edits import EDITS

THRESHOLDS = {"pdq-alone": 31.0, "imagededup-phash": 10.0, "imagededup-dhash": 10.0,
              "imagededup-cnn": 0.1}  # fmt: skip
K = 60

# Run by itself, so that another checkout can be asked, too.
ASK = """
import json, sys
from lookalike.library import Library
library, folder, k, *asked = sys.argv[1:]
called = []
with Library.open(library) as opened:
    opened.index(folder)
    for path in asked:
        for hit in opened.search(path, int(k)).hits:
            if hit.kind in ("same-bytes", "same-pixels", "edited", "part"):
                called.append((path, hit.path))
print(json.dumps(called))
"""


def make(folders: Sequence[str], target: Path, originals: int, skip: int, seed: int) -> None:
    """Write all pictures and the copies into one folder, named for what they show."""
    endings = {".jpg", ".jpeg", ".png"}
    paths = sorted(p for f in folders for p in Path(f).rglob("*") if p.suffix.lower() in endings)
    order = np.random.default_rng(seed).permutation(len(paths))
    chosen = order[skip : skip + originals]
    others = order[skip + originals : skip + 4 * originals]
    for number, path in enumerate(paths):
        shutil.copy(path, target / f"{number:05}{path.suffix}")
    for turn, number in enumerate(chosen.tolist()):
        beside = []
        for other in others[3 * turn : 3 * turn + 3].tolist():
            with Image.open(paths[other]) as image:
                beside.append(image.convert("RGB"))
        with Image.open(paths[number]) as image:
            original = image.convert("RGB")
        for name, edit in EDITS.items():
            shown = [number]
            if name.startswith("collage"):
                shown += others[3 * turn : 3 * turn + 3].tolist()
            stem = "+".join(f"{one:05}" for one in shown)
            edit(original, seed + turn, beside).save(target / f"{stem}__{name}.png")


def shown(path: str | Path) -> set[str]:
    """The originals that a picture shows."""
    return set(Path(path).stem.split("__")[0].split("+"))


def is_copy(path: str | Path) -> bool:
    """Whether it was edited."""
    return "__" in Path(path).stem


class Truth:
    """Which pairs there are to find, and which are wrong."""

    def __init__(self, files: Sequence[Path]) -> None:
        copies = [file for file in files if is_copy(file)]
        self.wanted = {frozenset((f"{file.stem.split('__')[0][:5]}", file.stem)) for file in copies}

    def counted(self, called: Iterable[tuple[str | Path, str | Path]]) -> tuple[int, int]:
        """Pairs that were to be found and were, and wrong ones."""
        right, wrong = set(), set()
        for a, b in called:
            pair = frozenset((Path(a).stem, Path(b).stem))
            if pair in self.wanted:
                right.add(pair)
            elif not shown(a) & shown(b):
                wrong.add(pair)
        return len(right), len(wrong)

    def row(self, name: str, right: int, wrong: int, **more: float) -> dict[str, object]:
        """Of the table."""
        recall = right / len(self.wanted)
        precision = right / max(1, right + wrong)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        return {
            "name": name, "precision": round(precision, 4), "recall": round(recall, 4),
            "f1": round(f1, 4), "wrong": wrong, **more,
        }  # fmt: skip


def by_lookalike(checkout: Path | None, folder: Path, library: Path, asked: Sequence[Path]) -> list[
    tuple[str, str]
]:  # fmt: skip
    """What a build of lookalike calls."""
    environment = dict(os.environ)
    if checkout is not None:
        environment["PYTHONPATH"] = str(checkout)
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK, str(library), str(folder), str(K), *map(str, asked)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return [(a, b) for a, b in json.loads(done.stdout.splitlines()[-1])]


def by_peer(peer: CopyPeer, files: Sequence[Path], truth: Truth) -> list[dict[str, object]]:
    """At its own threshold, and at the best one."""
    rows = []
    for file in files:
        with Image.open(file) as image:
            rows.append(peer.encode(image.convert("RGB")))
    made = np.stack(rows)
    # Of the pairs of a copy, an original or both, as lookalike is asked.
    ids = [(file.stem, shown(file), is_copy(file)) for file in files]
    asked = [i for i, (_, _, copy) in enumerate(ids) if copy]
    names = {name for i in asked for name in ids[i][1]}
    asked += [i for i, (stem, _, copy) in enumerate(ids) if not copy and stem in names]
    right: dict[frozenset[str], float] = {}
    wrong: dict[frozenset[str], float] = {}
    for i in asked:
        distances: npt.NDArray[np.float64] = np.asarray(peer.distances(made[i], made), np.float64)
        for j, distance in enumerate(distances.tolist()):
            if i == j:
                continue
            pair = frozenset((ids[i][0], ids[j][0]))
            if pair in truth.wanted:
                right[pair] = distance
            elif not ids[i][1] & ids[j][1]:
                wrong[pair] = distance
    good, bad = np.sort(list(right.values())), np.sort(list(wrong.values()))

    def at(threshold: float) -> dict[str, object]:
        found = [int(np.searchsorted(some, threshold, side="right")) for some in (good, bad)]
        return truth.row(peer.name, *found, threshold=round(threshold, 4))

    best = max((at(value) for value in np.unique(good).tolist()), key=lambda row: str(row["f1"]))
    return [at(THRESHOLDS[peer.name]), {**best, "name": f"{peer.name}, best threshold"}]


def main() -> None:
    """Measure, print as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--originals", type=int, default=30)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--before", type=Path, help="another checkout of lookalike")
    parser.add_argument("--weights", type=Path, help="of imagededup's CNN")
    given = parser.parse_args()
    table: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        make(given.folders, folder, given.originals, given.skip, given.seed)
        files = sorted(folder.iterdir())
        truth = Truth(files)
        copies = [file for file in files if is_copy(file)]
        originals = {file.stem.split("__")[0][:5] for file in copies}
        asked = copies + [file for file in files if file.stem in originals]
        builds = {"lookalike": None, **({"before": given.before} if given.before else {})}
        for build, checkout in builds.items():
            called = by_lookalike(checkout, folder, Path(name) / f"{build}.lookalike", asked)
            table.append(truth.row(build, *truth.counted(called)))
        peers, left_out = open_peers(PEERS, given.weights)
        for peer in peers:
            table += by_peer(peer, files, truth)
        told = {
            "pictures": len(files), "pairs": len(truth.wanted), "rows": table,
            "left out": left_out, "versions": {"scipy": version("scipy"), "as": "imagededup 0.3.3"},
        }  # fmt: skip
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
