"""Searches the codes of a library that lives in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from lookalike.indexes.explain import explain
from lookalike.library.arrays import in_memory
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.engine import Table
from lookalike.library.memory.store import MemoryStore
from lookalike.library.records import EncoderInfo
from lookalike.library.tables import ArrayTable
from lookalike.types import EncoderId

__all__ = ["MemoryEngine"]


class MemoryEngine:
    """The :class:`~lookalike.library.engine.Engine` of a library in memory: arrays made anew.

    Args:
        store: whose codes are searched.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tables: dict[EncoderId, ArrayTable] = {}
        self._lock = threading.Lock()

    def tables(self, encoders: Sequence[EncoderInfo]) -> dict[EncoderId, Table]:
        """See :class:`~lookalike.library.engine.Engine`, as for all that follow."""
        with self._lock, self._store.writing():  # nothing is written meanwhile
            stamp = self._store.stamp()
            for encoder in encoders:
                known = self._tables.get(encoder.id)
                if known is None or known.stamp != stamp:
                    self._tables[encoder.id] = in_memory(self._store, encoder)
            return {encoder.id: self._tables[encoder.id] for encoder in encoders}

    def explain(self, encoder: EncoderInfo) -> str:
        return explain(self._store.count_codes(encoder.id), encoder.bits)

    def prepare(self, encoders: Sequence[EncoderInfo]) -> None:
        """Nothing: there is no cheaper time for it than the first question."""

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        """Nothing is kept beside the store."""
        return iter(())

    @property
    def bytes(self) -> int:
        return 0

    def close(self) -> None:
        with self._lock:
            for table in self._tables.values():
                table.close()
            self._tables.clear()
