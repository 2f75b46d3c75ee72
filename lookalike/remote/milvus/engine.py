"""Searches the codes of a library in Milvus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lookalike.library.arrays import in_memory
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.engine import Table
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.remote.milvus.store import MilvusStore
from lookalike.remote.milvus.table import MilvusTable
from lookalike.types import EncoderId

__all__ = ["MilvusEngine"]


class MilvusEngine:
    """The :class:`~lookalike.library.engine.Engine` of a library in Milvus: the server searches.

    Args:
        store: whose codes are searched.
    """

    def __init__(self, store: MilvusStore) -> None:
        self._store = store
        self._tables: dict[EncoderId, MilvusTable | ArrayTable] = {}

    def tables(self, encoders: Sequence[EncoderInfo]) -> dict[EncoderId, Table]:
        """See :class:`~lookalike.library.engine.Engine`, as for all that follow."""
        if not encoders:
            return {}
        self._store.settle()
        stamp = self._store.stamp()
        found: dict[EncoderId, Table] = {}
        for encoder in encoders:
            known = self._tables.get(encoder.id)
            if known is None or known.stamp != stamp:
                known = self._tables[encoder.id] = self._table(encoder, stamp)
            found[encoder.id] = known
        return found

    def _table(self, encoder: EncoderInfo, stamp: Stamp) -> MilvusTable | ArrayTable:
        store = self._store
        collection = store.codes_of(encoder)
        if collection is None:  # and so there are no codes
            return in_memory(store, encoder)
        parts = encoder.slot == "photo" and store.setting("parts") == "1"
        return MilvusTable(store, encoder, collection, stamp, parts=parts)

    def explain(self, encoder: EncoderInfo) -> str:
        return f"Milvus {self._store.server_version}, BIN_FLAT, exact"

    def prepare(self, encoders: Sequence[EncoderInfo]) -> None:
        """Nothing: the server builds what it needs by itself."""

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        """Nothing is kept beside the store."""
        return iter(())

    @property
    def bytes(self) -> int:
        return 0

    def close(self) -> None:
        self._tables.clear()
