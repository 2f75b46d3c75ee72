"""The machine's own limits, and the scan's speed as a share of them.

Two limits bound a scan. A single query reads every code once, so it can't be faster than memory is
read. A batch reads each code from the cache for many queries, so it can't be faster than the
processor XORs and counts bits. Both are measured by kernels that do nothing else.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import bytes_for, words_for
from lookalike.codes.compiled import compiled
from lookalike.codes.memory import popcount
from lookalike.errors import UsageError
from lookalike.evaluation.code_sets import uniform
from lookalike.indexes.scan import Scan
from lookalike.indexes.threads import run

__all__ = ["MachineLimits", "ScanShare", "measure_limits", "measure_shares"]

Words = npt.NDArray[np.uint64]

_MEMORY_WORDS = 1 << 26  # 512 MiB: far beyond any cache
_CACHE_WORDS = 1 << 11  # 16 KiB: half of a first-level cache
_SECONDS = 0.2  # of one measurement of the popcount rate
_SINGLES = 20


@dataclass(frozen=True, slots=True)
class MachineLimits:
    """What the machine can do at best with so many threads.

    Attributes:
        bytes_per_second: memory read, by summing 512 MiB.
        popcounts_per_second: 64-bit words XORed with a query and counted, from the first-level
            cache.
        threads: that did it.
    """

    bytes_per_second: float
    popcounts_per_second: float
    threads: int


@dataclass(frozen=True, slots=True)
class ScanShare:
    """The scan of one size and width beside the limits.

    Attributes:
        size: codes.
        bits: their width.
        k: neighbours of a query.
        queries: of the batch.
        single_us: microseconds of a single query, median of the runs.
        bytes_per_second: that the single query reads.
        bandwidth_share: of the machine's.
        batch_us: microseconds a query of a batch, median of the runs.
        popcounts_per_second: words that the batch compares.
        popcount_share: of the machine's.
    """

    size: int
    bits: int
    k: int
    queries: int
    single_us: float
    bytes_per_second: float
    bandwidth_share: float
    batch_us: float
    popcounts_per_second: float
    popcount_share: float


@compiled()
def _sum(words: Any, repeats: int) -> Any:
    total = np.uint64(0)
    for _ in range(repeats):
        for place in range(len(words)):
            total += words[place]
    return total


@compiled()
def _count(codes: Any, queries: Any, repeats: int) -> Any:
    """Four queries pass over the codes together, so that a code is loaded once for four."""
    a = np.uint64(0)
    b = np.uint64(0)
    c = np.uint64(0)
    d = np.uint64(0)
    for _ in range(repeats):
        for query in range(0, len(queries), 4):
            p, q = queries[query], queries[query + 1]
            r, s = queries[query + 2], queries[query + 3]
            for place in range(len(codes)):
                code = codes[place]
                a += popcount(code ^ p)
                b += popcount(code ^ q)
                c += popcount(code ^ r)
                d += popcount(code ^ s)
    return a + b + c + d


def measure_limits(threads: int, runs: int) -> MachineLimits:
    """Measure memory bandwidth and popcount rate, medians of ``runs``.

    Takes 512 MiB of memory.

    Args:
        threads: that read and count side by side, each on data of its own.
        runs: repetitions after a warm-up.

    Raises:
        UsageError: an argument below 1.
    """
    _check(threads, runs)
    memory = np.arange(_MEMORY_WORDS, dtype=np.uint64)
    parts = np.array_split(memory, threads)
    seconds = _median([partial(_sum, part, 1) for part in parts], runs)
    bandwidth = memory.nbytes / seconds

    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 1 << 63, _CACHE_WORDS, dtype=np.uint64) for _ in range(threads)]
    queries = rng.integers(0, 1 << 63, 64, dtype=np.uint64)
    repeats = 16
    while True:
        seconds = _median([partial(_count, own, queries, repeats) for own in codes], runs)
        if seconds >= _SECONDS:
            break
        repeats *= max(2, min(1000, round(1.2 * _SECONDS / seconds)))
    popcounts = threads * _CACHE_WORDS * len(queries) * repeats / seconds
    return MachineLimits(bandwidth, popcounts, threads)


def measure_shares(
    limits: MachineLimits, size: int, bits: int, k: int, queries: int, threads: int, runs: int
) -> ScanShare:
    """Measure the scan over uniform codes, and state it as shares of the limits.

    Raises:
        UsageError: an argument out of range.
    """
    _check(threads, runs)
    data = uniform(size, bits, queries)
    scan = Scan(data.codes, bits, threads=threads)
    few = [data.queries[n : n + 1] for n in range(min(_SINGLES, queries))]

    def one_by_one() -> None:
        for query in few:
            scan.search(query, k)

    single = _median([one_by_one], runs) / len(few)
    batch = _median([lambda: scan.search(data.queries, k)], runs) / queries
    read = size * bytes_for(bits) / single
    counted = size * words_for(bits) / batch
    return ScanShare(
        size,
        bits,
        k,
        queries,
        1e6 * single,
        read,
        read / limits.bytes_per_second,
        1e6 * batch,
        counted,
        counted / limits.popcounts_per_second,
    )


def _median(jobs: list[Callable[[], Any]], runs: int) -> float:
    """Seconds that all jobs take side by side, without a warm-up."""
    run(jobs)
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        run(jobs)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _check(threads: int, runs: int) -> None:
    if threads < 1 or runs < 1:
        raise UsageError(f"threads and runs must be at least 1, not {threads} and {runs}")
