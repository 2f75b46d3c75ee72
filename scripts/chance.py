"""Whether chances are right, and what the usual line hides: for the documentation.

    python scripts/chance.py FOLDER... --plot docs/figures/chance.png

The folders are indexed into a library of their own, or an existing one is taken with ``--library``.
Rates are measured on random halves of its pictures, and observed on the others: of six halves the
mean, by their codes; and with ``--ask`` of one half by asking each picture of the other as a user
would, with all its views and turnings.

Then every picture of ``--kinds``, a folder of folders of one kind each, is asked by its photo code
among these and as many others as ``--among`` says, and the hits of its own kind among the first ten
that wouldn't be shown are counted. More others come from ``--more``, an ``.npz`` file with
``codes`` and ``emb`` (embeddings) of the same model.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lookalike.codes.bits import to_words
from lookalike.evaluation.chance import ChanceReport, held_out_chance
from lookalike.evaluation.chance_halves import chance_of_halves
from lookalike.evaluation.chance_plot import plot_chance
from lookalike.evaluation.hidden_share import hidden_share
from lookalike.evaluation.library_codes import LibraryCodes, read_codes
from lookalike.evaluation.machine import describe_machine
from lookalike.library import Library
from lookalike.library.calibration_measuring import measure
from lookalike.library.opening import open_library


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="*")
    parser.add_argument("--library", help="that exists, instead of folders")
    parser.add_argument("--photo", default="photo-256")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", type=Path, nargs="*", default=[])
    parser.add_argument("--among", type=int, nargs="*", default=[1000])
    parser.add_argument("--more", type=Path)
    parser.add_argument("--ask", action="store_true", help="ask one half as well")
    parser.add_argument("--only-hidden", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        file = given.library or Path(scratch) / "chance.lookalike"
        if given.library is None:
            with Library.open(file, photo=given.photo) as library:
                library.index(*given.folder)
        told: dict[str, Any] = {"machine": describe_machine()}
        if not given.only_hidden:
            reports = chance_of_halves(file, seed=given.seed)
            told["halves"] = [_told(report) for report in reports]
            if given.plot is not None:
                plot_chance(reports, given.plot)
        if given.ask:
            asked = held_out_chance(file, seed=given.seed, progress=_say)
            told["asked"] = [_told(report) for report in asked]
        told["hidden"] = [
            hidden
            for folder in given.kinds
            for hidden in _hidden(file, folder, given.among, given.more, given.seed)
        ]
    print(json.dumps(told, indent=1))


def _told(report: ChanceReport) -> dict[str, Any]:
    """A report, with the largest factor between predicted and observed down to each rate."""
    worst = {f"{least:g}": round(report.worst(least), 2) for least in (1e-4, 1e-5, 1e-6)}
    return {**asdict(report), "worst": worst}


def _hidden(
    file: Path, folder: Path, among: list[int], more: Path | None, seed: int
) -> list[dict[str, Any]]:
    """Pictures of kinds among others that they have nothing to do with."""
    store, engine = open_library(str(file), create=False, read_only=True)
    try:
        hashes, photos = read_codes(store, engine)
    finally:
        engine.close()
        store.close()
    root = os.path.realpath(folder) + os.sep
    own = np.array([os.path.realpath(path).startswith(root) for path in photos.paths])
    kinds = [os.path.dirname(p) if mine else "" for p, mine in zip(photos.paths, own, strict=True)]
    if more is not None:
        with np.load(more) as extra:
            photos = _joined(photos, extra["codes"], extra["emb"])
        kinds += [""] * (len(photos) - len(kinds))
        own = np.concatenate([own, np.zeros(len(photos) - len(own), np.bool_)])
    rng = np.random.default_rng(seed)
    others, found = np.flatnonzero(~own), []
    for size in among:
        some = rng.permutation(others)[:size]
        rows = np.sort(np.concatenate([np.flatnonzero(own), some]))
        held = np.flatnonzero(np.isin(hashes.contents, photos.contents[rows]))
        calibration = measure(photos.table(rows), hashes.table(held))
        part = replace(
            photos,
            contents=photos.contents[rows],
            paths=tuple(photos.paths[row] for row in rows),
            words=photos.words[rows],
            quality=photos.quality[rows],
            embeddings=None if photos.embeddings is None else photos.embeddings[rows],
        )
        asked = np.flatnonzero(own[rows])
        made = hidden_share(part, calibration, [kinds[row] for row in rows], asked)
        found.append({"kinds": folder.name, **asdict(made)})
    return found


def _joined(photos: LibraryCodes, codes: Any, embeddings: Any) -> LibraryCodes:
    """Codes of a library and others behind them."""
    assert photos.embeddings is not None
    last, n = int(photos.contents[-1]), len(codes)
    return replace(
        photos,
        contents=np.concatenate([photos.contents, last + 1 + np.arange(n)]),
        paths=photos.paths + ("",) * n,
        words=np.concatenate([photos.words, to_words(codes)]),
        quality=np.concatenate([photos.quality, np.full(n, 100, np.uint8)]),
        embeddings=np.concatenate([photos.embeddings, embeddings]),
    )


def _say(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} asked", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
