"""One pass of the join of pairs: codes in the order of a chunk, and those near each other in it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.pair_check import CHUNK_BITS, RUN
from lookalike.codes.pair_join import PENDING, join
from lookalike.codes.pair_keys import count_keys, place
from lookalike.codes.pair_near import PIECES
from lookalike.indexes.pairs_plan import Plan
from lookalike.indexes.threads import run, shares

__all__ = ["JoinPass"]

Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]

_SPACE = 1 << 17  # pairs that a thread finds before it hands them over, 2.5 MiB
_BLOCK_ROWS = 1 << 15  # of a block of buckets, 128 KiB of pieces: two fit into a cache
_BUDGET = 1 << 26  # groups of pieces that a call compares: some tenths of a second
_LEAST_SHARE = 1 << 16  # codes that a thread puts in order at least


class JoinPass:
    """The codes in the order of one chunk, and how far the search for near ones has come.

    It holds eight bytes for each code that may be paired.

    Args:
        codes: packed or words, contiguous.
        radius: in bits.
        plan: of the join.
        chunk: with which the pass begins.
        allowed: bool (n,): rows to be paired; all if omitted.
        threads: that share the work.
    """

    def __init__(
        self,
        codes: npt.NDArray[Any],
        radius: int,
        plan: Plan,
        chunk: int,
        allowed: npt.NDArray[np.bool_] | None,
        threads: int,
    ) -> None:
        self._codes, self._allowed = codes, allowed
        pieces, rows, offsets = self._ordered(plan, chunk, threads)
        key, most = plan.key(chunk), plan.shares[chunk] - 1
        per_bucket = max(1, len(rows) >> key)
        low = min(key, max(1, (_BLOCK_ROWS // per_bucket).bit_length() - 1))
        low_masks, low_ends = _masks(low, most)
        blocks = 1 << (key - low)
        self._turn = np.zeros(1, np.int64)
        chunks, given = np.array(plan.chunks), np.array(plan.shares)
        counts = np.array([plan.run(number) for number in range(len(given))])
        limits = _run_limits(plan, codes.shape[1] * codes.itemsize)
        address, row_bytes = self._place()
        kernel: Any = join
        go = partial(
            kernel,
            *(address, row_bytes, radius, chunks, given, counts, limits, chunk),
            *(pieces, rows, offsets, _masks(key - low, most)[0], low_masks, low_ends),
            *(1 << low, plan.limit(chunk), self._turn.__array_interface__["data"][0], _BUDGET),
        )
        self._workers = [_Worker(go, len(given), blocks) for _ in range(threads)]

    def _place(self) -> tuple[int, int]:
        codes = self._codes
        return codes.__array_interface__["data"][0], codes.shape[1] * codes.itemsize

    def _ordered(self, plan: Plan, chunk: int, threads: int) -> tuple[Any, Any, Any]:
        """Pieces, rows and where buckets begin."""
        key, first = plan.key(chunk), plan.chunks[chunk]
        allowed = 0 if self._allowed is None else self._allowed.__array_interface__["data"][0]
        # A thread's counts take no more memory than its share of the codes' pieces and rows.
        threads = max(1, min(threads, 2 * len(self._codes) >> key))
        parts = shares(len(self._codes), threads, _LEAST_SHARE)
        counts = np.zeros((len(parts), 1 << key), np.uint32)
        where = *self._place(), plan.chunks[-1]
        run(
            [
                partial(count_keys, *where, low, high, allowed, first, key, own)
                for (low, high), own in zip(parts, counts, strict=True)
            ]
        )
        offsets = np.zeros((1 << key) + 1, np.uint32)
        np.cumsum(counts.sum(axis=0, dtype=np.uint32), dtype=np.uint32, out=offsets[1:])
        begin = offsets[:-1]
        for own in counts:  # each thread's rows of a bucket behind those of the threads before
            after = begin + own
            own[:], begin = begin, after
        rows = np.empty(int(offsets[-1]), np.uint32)
        pieces = np.zeros(len(rows) + PIECES, np.uint32)
        length = plan.length(chunk)
        placing: Any = place
        run(
            [
                partial(
                    placing, *(*where, low, high, allowed, first, key, length, own, pieces, rows)
                )
                for (low, high), own in zip(parts, counts, strict=True)
            ]
        )
        return pieces, rows, offsets

    def more(self) -> list[Found]:
        """Some of the next pairs, from each thread; nothing left if there is no list."""
        workers = [worker for worker in self._workers if not worker.done()]
        return run([worker.more for worker in workers]) if workers else []

    def done(self) -> bool:
        """Whether all pairs were handed over."""
        return all(worker.done() for worker in self._workers)


class _Worker:
    """What one thread needs, and how far it has come."""

    def __init__(self, go: Any, kinds: int, blocks: int) -> None:
        self._blocks = blocks
        self._progress = np.array([-1, 0, 0, 0, 0, 0, 0])
        self._first = np.empty(_SPACE, np.int64)
        self._second = np.empty(_SPACE, np.int64)
        self._distances = np.empty(_SPACE, np.int32)
        self._go = partial(
            go,
            *(self._progress, np.empty((PENDING, 2), np.uint32), np.zeros(2 * kinds + 1, np.int64)),
            *(self._first, self._second, self._distances),
        )

    def done(self) -> bool:
        return bool(self._progress[0] >= self._blocks and not self._progress[6])

    def more(self) -> Found:
        total = self._go()
        return (
            self._first[:total].copy(),
            self._second[:total].copy(),
            self._distances[:total].copy(),
        )


def _masks(bits: int, most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of so many bits with at most ``most`` set, and how many have at most 0, 1 and so on.

    Returns:
        int64, by ascending bits set; int64 (most + 1,).
    """
    numbers = np.arange(1 << bits)
    ones = np.bitwise_count(numbers)
    order = np.argsort(ones, kind="stable")
    ends = np.searchsorted(ones[order], np.arange(most + 1), side="right")
    return order[: ends[-1]], ends


def _run_limits(plan: Plan, row_bytes: int) -> npt.NDArray[np.uint16]:
    """Sums of the shares of runs where vectors can compare them; see ``codes.pair_check``."""
    kinds = len(plan.shares)
    widths = {high - low for low, high in pairwise(plan.chunks)}
    runs = {plan.run(chunk) for chunk in plan.passes}
    if widths != {CHUNK_BITS} or runs != {RUN} or row_bytes not in (8, 16, 32, 64):
        return np.empty((RUN, 0), np.uint16)
    if 8 * row_bytes != plan.chunks[-1]:
        return np.empty((RUN, 0), np.uint16)
    ring = np.array(plan.shares * 2)
    limits: npt.NDArray[np.uint16] = np.cumsum(
        [ring[run : run + kinds] for run in range(RUN)], axis=0, dtype=np.uint16
    )
    return limits
