"""Measure how near unrelated photographs come by each encoder that ships: the rates of priors.json.

Pictures are unrelated if they lie in different folders, or if their folder is one of singles: each
of these shows something else. A library starts with these rates, and has its own as it grows.

    python scripts/priors.py FOLDER_OF_FOLDERS --singles FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.encoders import registry
from lookalike.evaluation.library_codes import LibraryCodes, read_codes
from lookalike.library import Library
from lookalike.library.calibration_counts import Counts, cosine_counts, distance_counts
from lookalike.library.calibration_prior import FILE
from lookalike.library.calibration_sample import is_hash
from lookalike.library.calibration_tail import log_rates
from lookalike.library.opening import open_library
from lookalike.library.records import EncoderInfo
from lookalike.road import Road
from lookalike.sources.walk import Found, walk
from lookalike.types import EncoderId

Ints = npt.NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of folders, each of pictures of one kind")
    parser.add_argument("--singles", type=Path, help="a folder whose pictures are of many kinds")
    parser.add_argument("--photo", nargs="*", default=None, help="models; by default all")
    given = parser.parse_args()
    folders = [given.folder, *([given.singles] if given.singles else [])]
    priors = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    hashes = set(registry.HASHES)
    shipped = [name for name in registry.names() if name not in hashes]
    names = shipped if given.photo is None else given.photo
    names = [name for name in names if "-real-" not in name]  # those have no code to search by
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "priors.lookalike"
            with Library.open(file, photo=name) as library:
                library.index(*folders)
            store, engine = open_library(str(file), create=False, read_only=True)
            try:
                for codes in read_codes(store, engine):
                    priors[codes.encoder.fingerprint] = _measured(codes, given.singles)
                    print(codes.encoder.name, codes.encoder.fingerprint, flush=True)
            finally:
                engine.close()
                store.close()
    for name, hash_ in registry.HASHES.items():
        if hash_.fingerprint not in priors:  # of libraries of before
            priors[hash_.fingerprint] = _measured(_hashed(name, folders), given.singles)
            print(name, hash_.fingerprint, flush=True)
    FILE.write_text(json.dumps(priors, sort_keys=True) + "\n", encoding="utf-8")


def _measured(codes: LibraryCodes, singles: Path | None) -> dict[str, object]:
    kinds = np.array([_kind(path, singles) for path in codes.paths])
    bits, turned = codes.encoder.bits, is_hash(codes.encoder)
    made: dict[str, object] = {"name": codes.encoder.name, "cosines": None}

    def rates(count: Callable[[npt.NDArray[np.bool_]], Ints]) -> list[float]:
        found = count(np.ones(len(kinds), np.bool_))
        for kind in set(kinds):
            found = found - count(kinds == kind)
        logs = log_rates(Counts(found, np.zeros(0, np.int64), 0))
        return [round(log, 3) for log in logs.tolist()]

    made["distances"] = rates(lambda rows: distance_counts(codes.words[rows], bits, turned=turned))
    embeddings = codes.embeddings
    if embeddings is not None:
        made["cosines"] = rates(lambda rows: cosine_counts(embeddings[rows]))
    return made


def _hashed(name: str, folders: Sequence[Path]) -> LibraryCodes:
    """The codes of a hash that no new library gets."""
    encoder = registry.load(name)
    paths = [found.path for folder in folders for found in walk(folder) if isinstance(found, Found)]
    with Road({name: encoder}) as road:
        made = dict(road.codes(enumerate(paths)))
    codes = [made[row].codes[name] for row in range(len(paths))]
    info = EncoderInfo(EncoderId(1), "pdq", name, name, encoder.fingerprint, encoder.bits, 0, True)
    return LibraryCodes(
        info,
        np.arange(len(paths)),
        tuple(paths),
        to_words(np.stack([code.code for code in codes])),
        np.array([code.quality for code in codes], np.uint8),
        None,
    )


def _kind(path: str, singles: Path | None) -> str:
    folder = os.path.dirname(path)
    return path if singles is not None and Path(folder) == singles.resolve() else folder


if __name__ == "__main__":
    main()
