"""How long all pairs of near codes take, among codes of which some have near copies."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from lookalike.evaluation.code_sets import clustered, uniform
from lookalike.evaluation.pairs_check import PairsCheck
from lookalike.indexes.pairs import PairsJoin, all_pairs
from lookalike.indexes.pairs_plan import LEAST_ROWS, Plan, even, plan
from lookalike.types import Codes

__all__ = ["PairsFamily", "PairsTime", "load_kernels", "measure_codes", "measure_pairs", "planted"]

PairsFamily = Literal["uniform", "clustered"]
"""What codes there are."""

_COPIES = 1 << 16  # copies that are made at a time


@dataclass(frozen=True, slots=True)
class PairsTime:
    """What one run took.

    Attributes:
        size: codes.
        bits: their width.
        radius: in bits.
        codes: their family: ``uniform`` or ``clustered``.
        copies: codes that are near copies of others.
        pairs: that were found, all checked.
        way: ``join`` or ``scan``.
        seconds: wall clock; the median of the rounds.
        extra_bytes: by which the process's peak of memory grew; ``None`` where the system
            doesn't tell.
    """

    size: int
    bits: int
    radius: int
    codes: str
    copies: int
    pairs: int
    way: str
    seconds: float
    extra_bytes: int | None


def planted(
    size: int, bits: int, radius: int, family: PairsFamily, seed: int = 0
) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Codes of which a tenth are near copies of others.

    A copy differs from its original in at most ``radius`` bits.

    Args:
        size: codes in all.
        bits: their width.
        radius: in bits.
        family: uniform codes, or clusters of a hundred.
        seed: of the codes.

    Returns:
        Packed codes, and the rows of copies and originals, the lower first, int64 (copies, 2).
    """
    codes = (uniform if family == "uniform" else clustered)(size, bits, 1, seed).codes
    rng = np.random.default_rng(seed)
    rows = rng.permutation(size)
    count = size // 10
    copies, originals = rows[:count], rows[count : 2 * count]
    for low in range(0, count, _COPIES):
        some = slice(low, min(low + _COPIES, count))
        changes = rng.integers(0, min(radius, bits) + 1, some.stop - low)
        # The bits with the least of some random numbers are flipped: that many, and no bit twice.
        order = rng.random((len(changes), bits)).argsort(axis=1).argsort(axis=1)
        flips = np.packbits(order < changes[:, None], axis=1)
        codes[copies[some]] = codes[originals[some]] ^ flips
    return codes, np.sort(np.stack([copies, originals], axis=1), axis=1)


def load_kernels(bits: int, radius: int, threads: int) -> None:
    """Compile or load what finds pairs, so that no time has that in it."""
    codes = uniform(2 * LEAST_ROWS, bits, 1).codes
    plan(codes, bits, 0)
    length = 8 * codes.shape[1]
    for way in (Plan("scan", (), (), 0, 0.0), even(20, length, min(radius, length - 1))):
        reach = sum(way.shares) - 1 if way.shares else radius
        join = PairsJoin(codes[:100], bits, reach, threads, plan=way)
        for unit in range(join.units):
            for _ in join.pairs(unit):
                pass


def measure_pairs(
    size: int,
    bits: int,
    radius: int,
    threads: int,
    *,
    family: PairsFamily = "uniform",
    rounds: int = 1,
    seed: int = 0,
) -> PairsTime:
    """Find all pairs among codes of which a tenth are near copies of others.

    Every distance is recomputed and every planted pair looked for: a run that misses one is an
    error, not a figure.

    Args:
        size: codes in all.
        bits: their width.
        radius: in bits.
        threads: of the search.
        family: of the codes; see :func:`planted`.
        rounds: how often it is timed.
        seed: of the codes.

    Raises:
        LookalikeError: a pair is missing, comes twice, or has a wrong distance.
    """
    codes, copied = planted(size, bits, radius, family, seed)
    return measure_codes(codes, copied, bits, radius, threads, family, rounds)


def measure_codes(
    codes: Codes,
    copied: npt.NDArray[np.int64],
    bits: int,
    radius: int,
    threads: int,
    family: str,
    rounds: int = 1,
) -> PairsTime:
    """:func:`measure_pairs` of codes that :func:`planted` made."""
    before = _peak_anew()
    seconds = []
    for _ in range(rounds):
        check = PairsCheck(codes, copied, radius)
        spent, started = 0.0, time.perf_counter()
        # Pairs are let go as they come, and the clock stands still while they are checked.
        for part in all_pairs(codes, bits, radius, threads):
            spent += time.perf_counter() - started
            check.take(part)
            started = time.perf_counter()
        seconds.append(spent + time.perf_counter() - started)
    after = _peak_bytes()
    extra = None if before is None or after is None else after - before
    found = check.ended()
    way = plan(codes, bits, radius).way
    median = float(np.median(seconds))
    return PairsTime(len(codes), bits, radius, family, len(copied), found, way, median, extra)


def _peak_anew() -> int | None:
    """The process's resident memory from which its peak is measured.

    Making the codes takes more memory than finding the pairs, so the peak of before is forgotten
    where the system can do that (Linux, proc(5), ``clear_refs``).
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak_bytes()


def _peak_bytes() -> int | None:
    """The process's peak of resident memory."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
