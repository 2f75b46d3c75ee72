"""Searches over the tables of multi-index hashing, and when to scan instead."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from lookalike.indexes import multihash_layout as layouts
from lookalike.indexes.joined import owners_of
from lookalike.indexes.multihash_probe import CERTAIN, COST
from lookalike.indexes.multihash_tables import Probed, Tables
from lookalike.indexes.scan import Scan
from lookalike.indexes.threads import run, shares

__all__ = ["DISTANCE", "NEVER", "ROW", "TableSearch"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

NEVER = np.iinfo(np.int64).max
"""Key of a neighbour that isn't there: behind all others."""

ROW = (1 << 32) - 1
"""The bits of a key that are its row; the distance is above them."""

DISTANCE = (1 << 13) - 1
"""The bits of a distance."""

_GROUP = 64  # queries that share a pass over a table, while the codes they find stay cached
_FEWEST = 8  # queries for which another thread is woken
_PILOT = 64  # queries that are tried first; when most of them need a scan, so do the others
_TRY = 4  # k nearest are looked for at a quarter of a scan's cost; they are there by then, or far


@dataclass(frozen=True, slots=True)
class TableSearch:
    """Searches for reordered queries, uint64 (queries, words), among the codes in tables.

    Probes, signatures and fetched codes are counted while they are used, in the unit of
    ``multihash_layout``. A search that costs more than a scan even if its codes are even is a scan
    from the start; a query that has spent what a scan costs gets one, so that none costs more than
    twice the cheaper way.

    Attributes:
        tables: what is searched.
        threads: used by one call.
    """

    tables: Tables
    threads: int

    def nearest(
        self, words: Words, k: int, allowed: Allowed, budget: int | None
    ) -> tuple[Ints, bool]:
        """The k nearest of each query.

        Returns:
            int64 (queries, k), ``distance << 32 | row``, ascending, :data:`NEVER` where there are
            fewer; and whether they are exact.
        """
        keys = np.full((len(words), k), NEVER)
        n = len(self.tables.codes)
        if not n:
            return keys, True
        if budget is not None and budget >= n:
            budget = None  # a scan looks at no more
        rest = np.ones(len(words), np.bool_)
        steps = self._steps(len(words), self.tables.layout.bits + 1, k)
        if steps:
            for (low, high), probed in self._probe(words, steps, k, allowed, budget):
                keys[low:high] = probed.keys
                rest[low:high] = probed.done != CERTAIN
        if budget is not None:
            return keys, not rest.any()
        some = np.flatnonzero(rest)
        if len(some):
            hits = self._scan().search(words[some].view(np.uint8), k, allowed=allowed)
            scanned = (hits.distances.astype(np.int64) << 32) | hits.ids
            keys[some] = np.where(hits.ids < 0, NEVER, scanned)
        return keys, True

    def within(
        self, words: Words, radius: int, allowed: Allowed, budget: int | None
    ) -> tuple[Ints, npt.NDArray[np.int32], Ints, bool]:
        """All within a radius of each query.

        Returns:
            Numbers of the queries, distances and rows, ordered by all three; and whether they are
            all.
        """
        n = len(self.tables.codes)
        if budget is not None and budget >= n:
            budget = None
        rest = np.full(len(words), n > 0)
        steps = self._steps(len(words), radius + 1, 0) if n else 0
        found: list[tuple[Ints, npt.NDArray[np.int32], Ints]] = []
        if steps == radius + 1 or (steps and budget is not None):
            for (low, high), probed in self._probe(words, steps, 0, allowed, budget):
                rest[low:high] = probed.done != 0
                keys = probed.keys
                if budget is None and rest[low:high].any():
                    keys = keys[~rest[low + (keys >> 45)]]
                distances = ((keys >> 32) & DISTANCE).astype(np.int32)
                found.append((low + (keys >> 45), distances, keys & ROW))
        exact = budget is None or (steps == radius + 1 and not rest.any())
        some = np.flatnonzero(rest & (budget is None))
        if len(some):
            hits = self._scan().within(words[some].view(np.uint8), radius, allowed=allowed)
            found.append((some[owners_of(hits)], hits.distances, hits.ids))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64), exact
        owners, distances, rows = (np.concatenate(column) for column in zip(*found, strict=True))
        if len(some):
            order = np.argsort(owners, kind="stable")  # no query is in both
            owners, distances, rows = owners[order], distances[order], rows[order]
        return owners, distances, rows, exact

    def _scan(self) -> Scan:
        codes = self.tables.codes
        return Scan(codes, 64 * codes.shape[1], threads=self.threads)

    def _limit(self, queries: int, k: int) -> int:
        """What probing may cost a query before it is scanned."""
        tables = self.tables
        scan = layouts.scan_cost(len(tables.codes), tables.layout.bits, queries >= _FEWEST)
        return scan // _TRY if k else scan

    def _steps(self, queries: int, wanted: int, k: int) -> int:
        """How many of the wanted steps are worth trying."""
        n = len(self.tables.codes)
        return _worth_trying(self.tables.layout, n, self._limit(queries, k), wanted)

    def _probe(
        self, words: Words, steps: int, k: int, allowed: Allowed, budget: int | None
    ) -> list[tuple[tuple[int, int], Probed]]:
        """Probe for the queries, in groups and threads; for a few only if that doesn't pay."""
        shells = (steps - 1) // self.tables.layout.tables + 1
        probe = partial(
            self.tables.probe,
            steps=steps,
            masks=_masks(self.tables.layout.prefix, shells),
            k=k,
            allowed=allowed,
            budget=NEVER if budget is None else budget,
            cost=self._limit(len(words), k) if budget is None else NEVER,
            probe_cost=layouts.PROBE,
            fetch_cost=layouts.FETCH,
        )

        def some(low: int, high: int) -> list[tuple[tuple[int, int], Probed]]:
            starts = range(low, high, _GROUP)
            groups = [(start, min(start + _GROUP, high)) for start in starts]
            return [(group, probe(words[slice(*group)])) for group in groups]

        first: list[tuple[tuple[int, int], Probed]] = []
        if budget is None and len(words) >= 4 * _PILOT:
            first = some(0, _PILOT)
            done = first[0][1].done
            unfinished = done != CERTAIN if k else done == COST
            if 2 * np.count_nonzero(unfinished) > _PILOT:
                return first
        left = len(words) - _PILOT * len(first)
        parts = shares(left, self.threads, at_least=_FEWEST // 2)
        base = len(words) - left
        jobs = [partial(some, base + low, base + high) for low, high in parts]
        return first + list(itertools.chain(*run(jobs)))


@lru_cache(maxsize=256)
def _worth_trying(layout: layouts.Layout, n: int, limit: int, wanted: int) -> int:
    """How many steps cost no more than ``limit`` even if the codes' bits are independent."""
    # Once every key of a table has been probed there is nothing left to try.
    most = min(wanted, layout.tables * (layout.prefix + 1))
    steps = 0
    while steps < most and layouts.cost(layout, n, steps) <= limit:
        steps += 1
    return steps


@lru_cache(maxsize=32)
def _masks(prefix: int, shells: int) -> tuple[npt.NDArray[np.uint32], Ints]:
    """All ways to flip fewer than ``shells`` bits of a key, by their number; where each starts."""
    counts = [math.comb(prefix, flipped) for flipped in range(shells)]
    masks = [np.zeros(1, np.uint32)]
    for flipped, count in enumerate(counts[1:], start=1):
        places = itertools.chain.from_iterable(itertools.combinations(range(prefix), flipped))
        chosen = np.fromiter(places, np.uint32, count * flipped).reshape(count, flipped)
        # Ascending, neighbouring buckets come one after the other.
        masks.append(np.sort((np.uint32(1) << chosen).sum(1, dtype=np.uint32)))
    return np.concatenate(masks), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
