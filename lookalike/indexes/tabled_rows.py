"""Answers by row: tables for the first rows of some codes, a scan for those behind them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lookalike.indexes import joined
from lookalike.indexes.exact import ExactScan, exact_scan
from lookalike.indexes.reach import Reach
from lookalike.indexes.table_keeper import TableKeeper
from lookalike.types import Codes, Hits, RadiusHits

if TYPE_CHECKING:
    from lookalike.indexes.multihash import MultiHash

__all__ = ["TabledRows"]

Allowed = npt.NDArray[np.bool_] | None


class TabledRows:
    """Codes, and the tables that a keeper has of the first of them, if it has any.

    A question that tables don't pay for is answered by a scan of all rows. What is spent on scans
    that better tables would have spared is told to the keeper. Arguments aren't checked.

    Args:
        codes: packed, uint8 (n, bytes), or uint64 (n, words), contiguous.
        keeper: of their tables.
        reach: how far the nearest were so far.
    """

    def __init__(self, codes: npt.NDArray[Any], keeper: TableKeeper, reach: Reach) -> None:
        self.reach = reach
        self._codes = codes
        self._keeper = keeper
        self._lock = threading.Lock()
        self._scan: tuple[int, ExactScan] | None = None

    def __len__(self) -> int:
        return len(self._codes)

    def search(self, queries: Codes, k: int, allowed: Allowed) -> Hits:
        """The k nearest rows of each query, as a scan finds them."""
        reach = self.reach.of(k)
        tables = self._tables(len(queries), reach)
        part = 0 if tables is None else len(tables)
        found: Hits | None = None
        if tables is not None:
            found = tables.search(queries, k, allowed=_slice(allowed, 0, part))
        if part < len(self) or found is None:
            started = time.perf_counter()
            rest = self._rest(part).search(queries, k, allowed=_slice(allowed, part, None))
            self._note(part, len(queries), reach, time.perf_counter() - started)
            if part:
                rest = Hits(np.where(rest.ids < 0, -1, rest.ids + part), rest.distances, True)
            found = rest if found is None else joined.nearest(found, rest)
        self.reach.note(k, found)
        return found

    def within(self, queries: Codes, radius: int, allowed: Allowed) -> RadiusHits:
        """All rows within a radius of each query, as a scan finds them."""
        radius = min(radius, self._keeper.bits)
        tables = self._tables(len(queries), radius)
        part = 0 if tables is None else len(tables)
        found: RadiusHits | None = None
        if tables is not None:
            found = tables.within(queries, radius, allowed=_slice(allowed, 0, part))
        if part < len(self) or found is None:
            started = time.perf_counter()
            rest = self._rest(part).within(queries, radius, allowed=_slice(allowed, part, None))
            self._note(part, len(queries), radius, time.perf_counter() - started)
            if part:
                rest = RadiusHits(rest.offsets, rest.ids + part, rest.distances, True)
            found = rest if found is None else joined.within(found, rest)
        return found

    def _tables(self, queries: int, reach: int) -> MultiHash | None:
        if not self._keeper.pays(len(self), queries, reach):
            return None
        return self._keeper.asked(self._codes, queries)

    def _note(self, part: int, queries: int, reach: int, seconds: float) -> None:
        """Note a scan that up-to-date tables would have spared."""
        if self._keeper.pays(len(self), queries, reach) and self._keeper.is_stale(part, len(self)):
            self._keeper.spent(self._codes, queries, seconds)

    def _rest(self, part: int) -> ExactScan:
        """The scan of the rows from ``part`` on; found by row, counted from there."""
        with self._lock:
            if self._scan is None or self._scan[0] != part:
                scan = exact_scan(self._codes[part:], self._keeper.bits, None, self._keeper.threads)
                self._scan = part, scan
            return self._scan[1]


def _slice(allowed: Allowed, low: int, high: int | None) -> Allowed:
    return None if allowed is None else allowed[low:high]
