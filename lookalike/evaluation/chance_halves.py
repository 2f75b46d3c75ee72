"""Whether chances are right on average: predicted and observed on many random halves of a library.

A single half has its own groups of pictures that look alike, in which a few pairs are near, so that
two halves differ where pairs are rare, whatever predicts them. The mean of many halves shows
whether the prediction leans one way. Codes are compared as they are kept, turned without their
pictures, so that it takes seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.evaluation.chance import FEWEST, LEAST_HITS, ChanceReport, ChanceRow, halves
from lookalike.evaluation.library_codes import LibraryCodes, read_codes
from lookalike.library.calibration_counts import COSINE_STEPS, cosine_counts, distance_counts
from lookalike.library.calibration_measuring import measure
from lookalike.library.calibration_sample import is_hash, unrelated
from lookalike.library.opening import open_library

__all__ = ["chance_of_halves"]

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


def chance_of_halves(library: str | Path, times: int = 6, *, seed: int = 0) -> list[ChanceReport]:
    """Halve a library at random, predict from one half, count all pairs of the other; the means.

    Args:
        library: whose codes are compared.
        times: halves.
        seed: of the first; the others have the numbers that follow.

    Raises:
        UsageError: it holds fewer than 100 pictures, or ``times`` is below 1.
        LibraryError: it can't be opened.
    """
    if times < 1:
        raise UsageError(f"at least one half is measured, not {times}")
    store, engine = open_library(str(library), create=False, read_only=True)
    try:
        codes = read_codes(store, engine)
    finally:
        engine.close()
        store.close()
    if min(map(len, codes)) < FEWEST:
        raise UsageError(f"{library} holds fewer than {FEWEST} pictures: too few to halve")
    hashes = next(one for one in codes if one.encoder.slot == "pdq")
    return [report for one in codes for report in _reports(one, hashes, range(seed, seed + times))]


def _reports(codes: LibraryCodes, hashes: LibraryCodes, seeds: range) -> list[ChanceReport]:
    predicted: dict[str, list[Reals]] = {}
    counted: dict[str, list[Ints]] = {}
    others = 0
    for seed in seeds:
        fit, other = halves(len(codes), seed)
        # Both halves of the hashes are of the same pictures, where all have both codes.
        fitted, rest = (np.searchsorted(hashes.contents, codes.contents[h]) for h in (fit, other))
        made = measure(codes.table(fit), hashes.table(fitted), seed=seed)
        kept = unrelated(codes.table(other), hashes.table(rest), seed)
        rows = np.searchsorted(codes.contents, kept)
        others += len(rows)
        found = {
            "distance": distance_counts(
                codes.words[rows], codes.encoder.bits, turned=is_hash(codes.encoder)
            )
        }
        logs = {"distance": made.distances}
        if codes.embeddings is not None and made.cosines is not None:
            found["cosine"] = cosine_counts(codes.embeddings[rows])
            logs["cosine"] = made.cosines
        for by, counts in found.items():
            counted.setdefault(by, []).append(counts)
            predicted.setdefault(by, []).append(10.0 ** logs[by])
    mean = round(others / len(seeds))
    return [
        ChanceReport(
            codes.encoder.name,
            by,
            len(codes) // 2,
            mean,
            mean - 1,
            1.0,
            _rows(by, np.array(predicted[by]), np.array(counted[by])),
        )
        for by in counted
    ]


def _rows(by: str, predicted: Reals, counted: Ints) -> tuple[ChanceRow, ...]:
    """Means over the halves, (halves, steps + 1) each."""
    observed = (counted.cumsum(1) / counted.sum(1, keepdims=True)).mean(0)
    hits = counted.sum(0).cumsum()
    return tuple(
        ChanceRow(
            float(step) if by == "distance" else round(1 - 2 * step / COSINE_STEPS, 3),
            float(predicted[:, step].mean()),
            float(observed[step]),
            int(hits[step]),
        )
        for step in range(counted.shape[1])
        if hits[step] >= LEAST_HITS and counted[:, step].any()
    )
