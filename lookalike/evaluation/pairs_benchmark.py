"""How long all pairs of near codes take, among codes of which some have near copies."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np

from lookalike.errors import LookalikeError
from lookalike.evaluation.code_sets import uniform
from lookalike.indexes.pairs import all_pairs

__all__ = ["PairsTime", "measure_pairs"]


@dataclass(frozen=True, slots=True)
class PairsTime:
    """What one run took.

    Attributes:
        size: codes.
        bits: their width.
        radius: in bits.
        copies: codes that are near copies of others.
        pairs: that were found, all checked.
        seconds: wall clock.
        extra_bytes: by which the process's peak of memory grew; ``None`` where the system
            doesn't tell.
    """

    size: int
    bits: int
    radius: int
    copies: int
    pairs: int
    seconds: float
    extra_bytes: int | None


def measure_pairs(size: int, bits: int, radius: int, threads: int, *, seed: int = 0) -> PairsTime:
    """Find all pairs among uniform codes of which a tenth are near copies of others.

    A copy differs from its original in at most ``radius`` bits. Every distance is recomputed and
    every planted pair looked for: a run that misses one is an error, not a figure.

    Args:
        size: codes in all.
        bits: their width.
        radius: in bits.
        threads: of the search.
        seed: of the codes.

    Raises:
        LookalikeError: a pair is missing, comes twice, or has a wrong distance.
    """
    codes = uniform(size, bits, 1, seed).codes
    rng = np.random.default_rng(seed)
    rows = rng.permutation(size)
    count = size // 10
    copies, originals = rows[:count], rows[count : 2 * count]
    flips = np.zeros((count, bits), np.uint8)
    for row, changed in enumerate(rng.integers(0, min(radius, bits) + 1, count)):
        flips[row, rng.choice(bits, changed, replace=False)] = 1
    codes[copies] = codes[originals] ^ np.packbits(flips, axis=1)
    planted = np.sort(np.stack([copies, originals], axis=1), axis=1)

    before = _peak_bytes()
    started = time.perf_counter()
    parts = list(all_pairs(codes, bits, radius, threads))
    seconds = time.perf_counter() - started
    after = _peak_bytes()

    first = np.concatenate([np.empty(0, np.int64), *(part[0] for part in parts)])
    second = np.concatenate([np.empty(0, np.int64), *(part[1] for part in parts)])
    distances = np.concatenate([np.empty(0, np.int32), *(part[2] for part in parts)])
    true = np.bitwise_count(codes[first] ^ codes[second]).sum(axis=1, dtype=np.int64)
    keys = first * size + second
    if not (np.array_equal(true, distances) and (true <= radius).all() and (first < second).all()):
        raise LookalikeError("all pairs: a distance is wrong")
    if len(np.unique(keys)) != len(keys):
        raise LookalikeError("all pairs: a pair comes twice")
    if not np.isin(planted[:, 0] * size + planted[:, 1], keys).all():
        raise LookalikeError("all pairs: a pair is missing")
    extra = None if before is None or after is None else after - before
    return PairsTime(size, bits, radius, count, len(keys), seconds, extra)


def _peak_bytes() -> int | None:
    """The process's peak of resident memory."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
