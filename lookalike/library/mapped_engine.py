"""Searches the mapped tables that are made of a store's codes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lookalike.indexes.explain import explain
from lookalike.library import mapped
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.engine import Table
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.library.tables import ArrayTable, index_stamp
from lookalike.types import EncoderId

__all__ = ["MappedEngine"]

# A search that finds the library changed renews its tables only if that took less than this share
# of the time since; else a library that is being indexed would be read again for every search.
# What this process itself has finished writing is always seen.
REFRESH_SHARE = 0.1


class MappedEngine:
    """The :class:`~lookalike.library.engine.Engine` of a store, on this machine.

    Args:
        store: whose codes are searched.
        folder: of the mapped files.
        writable: whether they can be written now.
        unasked: seconds for which a store far away isn't asked again whether anything is new; what
            this process has finished writing is always seen.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        writable: Callable[[], bool] = lambda: True,
        unasked: float = 0.0,
    ) -> None:
        self._store, self._folder, self._writable = store, folder, writable
        self._unasked, self._asked = unasked, -1.0
        self._tables: dict[EncoderId, ArrayTable] = {}
        self._refreshed = (
            0.0,
            0.0,
        )  # when the tables were last up to date, and what making them took
        self._lock = threading.Lock()

    def tables(self, encoders: Sequence[EncoderInfo]) -> dict[EncoderId, Table]:
        """See :class:`~lookalike.library.engine.Engine`, as for all that follow."""
        with self._lock:
            when, took = self._refreshed
            found = {e.id: self._tables[e.id] for e in encoders if e.id in self._tables}
            complete = len(found) == len(encoders)
            asked = self._asked > self._store.settled
            if complete and asked and time.monotonic() - self._asked < self._unasked:
                return dict(found)
            stamp, self._asked = self._store.stamp(), time.monotonic()
            fresh = complete and all(table.stamp == stamp for table in found.values())
            started = time.monotonic()
            young = when > self._store.settled and started - when - took < took / REFRESH_SHARE
            if fresh:  # as good as made now
                self._refreshed = (started, took)
            if not (fresh or (complete and young)):
                found = {e.id: self._load(e) for e in encoders}
                for key, table in found.items():
                    if key in self._tables:
                        table.follow(self._tables[key])
                current = {e.id for e in self._store.encoders()}
                kept = {key: t for key, t in self._tables.items() if key in current}
                self._tables = {**kept, **found}
                self._refreshed = (started, time.monotonic() - started)
            return dict(found)

    def explain(self, encoder: EncoderInfo) -> str:
        folder = mapped.table_folder(self._folder, encoder)
        stamp = index_stamp(encoder, self._store.stamp())
        codes = self._store.count_codes(encoder.id)
        return explain(codes, encoder.bits, folder=folder, stamp=stamp)

    def prepare(self, encoders: Sequence[EncoderInfo]) -> None:
        for encoder in encoders:
            self._load(encoder)

    def _load(self, encoder: EncoderInfo) -> ArrayTable:
        return mapped.load(self._store, encoder, self._folder, writable=self._writable())

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        # Here, not above: a search needs none of it.
        from lookalike.library.checking_cache import check_cache

        for encoder in self._store.encoders():
            if encoder.current:
                yield from check_cache(self._store, self._folder, encoder, progress)

    @property
    def bytes(self) -> int:
        return mapped.size(self._folder)

    def close(self) -> None:
        with self._lock:
            for table in self._tables.values():
                table.close()
            self._tables.clear()
