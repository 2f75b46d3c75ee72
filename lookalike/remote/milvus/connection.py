"""What is asked of the collections of a Milvus server, and written to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from lookalike.remote.milvus.link import PATIENCE, Link
from lookalike.remote.milvus.place import MilvusPlace

__all__ = ["MOST_ROWS", "Connection", "Row", "as_bytes", "quoted"]

Row: TypeAlias = dict[str, Any]
"""A row of a collection by the names of its fields."""

MOST_ROWS: Final = 16_384
"""That Milvus gives in one answer (``quotaAndLimits``: offset and limit)."""

_KEYS = 5_000  # asked for at a time
_BATCH_BYTES = 16_000_000  # written at a time; a request may have 64 MB
_BATCH_ROWS = 5_000


def quoted(keys: Iterable[str | int]) -> str:
    """Keys as the list that an expression of Milvus holds; texts without quotes or backslashes."""
    return "[" + ",".join(f'"{k}"' if isinstance(k, str) else str(k) for k in keys) + "]"


class Connection(Link):
    """What is read and written, by any number of threads.

    What this process has written it reads back: after a write to a collection the next read of
    it is a strong one, which waits until the server has taken in all that was written before. Other
    reads are bounded: what others wrote is seen some moments later (docs/milvus.md).

    Args:
        place: where the server is.
        patience: seconds for which a server that doesn't answer is waited for.
    """

    def __init__(self, place: MilvusPlace, *, patience: float = PATIENCE) -> None:
        super().__init__(place, patience=patience)
        self._everything = 0
        self._written: dict[str, int] = {}
        self._read: dict[str, int] = {}

    def refresh(self) -> None:
        """Let the next read of each collection be a strong one: others may have written."""
        self._everything += 1

    def _level(self, collection: str) -> tuple[str, int]:
        now = self._written.get(collection, 0) + self._everything
        return ("Strong" if self._read.get(collection) != now else "Bounded"), now

    def reading(self, method: str, collection: str, *args: Any, **options: Any) -> Any:
        """Call a method that reads, with the consistency that is due."""
        level, now = self._level(collection)
        answer = self.call(method, collection, *args, consistency_level=level, **options)
        if level == "Strong":
            self._read[collection] = now
        return answer

    def query(
        self, collection: str, where: str, fields: Sequence[str], **options: Any
    ) -> list[Row]:
        """The rows that an expression is true of; at most :data:`MOST_ROWS` unless by keys."""
        found = self.reading(
            "query", collection, filter=where, output_fields=list(fields), **options
        )
        return [dict(row) for row in found]

    def of(
        self,
        collection: str,
        field: str,
        keys: Iterable[Any],
        fields: Sequence[str],
        more: str = "",
    ) -> Iterator[Row]:
        """The rows whose field has one of these values, in no order."""
        wanted = iter(dict.fromkeys(keys))
        while portion := list(islice(wanted, _KEYS)):
            where = f"{field} in {quoted(portion)}{more}"
            yield from self.query(collection, where, fields)

    def scan(
        self,
        collection: str,
        key: str,
        fields: Sequence[str],
        where: str = "",
        *,
        after: int | str | None = None,
        rows: int = MOST_ROWS,
    ) -> Iterator[Row]:
        """All rows in the order of their key, a portion at a time.

        Milvus has no order of its own, but a limit keeps the least keys; each portion begins
        behind the last one.
        """
        last = after
        if last is None and where == "":
            where = f'{key} >= ""' if _is_text(key) else f"{key} >= {-(2**63) + 1}"
        while True:
            parts = [f"({where})"] if where else []
            if last is not None:
                parts.append(f"{key} > {quoted([last])[1:-1]}")
            found = self.query(
                collection, " and ".join(parts), list(dict.fromkeys([key, *fields])), limit=rows,
                reduce_stop_for_best=True,
            )  # fmt: skip
            found.sort(key=lambda row: row[key])
            yield from found
            if len(found) < rows:
                return
            last = found[-1][key]

    def count(self, collection: str, where: str = "") -> int:
        """How many rows an expression is true of."""
        return int(self.query(collection, where, ["count(*)"])[0]["count(*)"])

    # Writing

    def upsert(self, collection: str, key: str, rows: Iterable[Row]) -> None:
        """Write rows in place of those with the same keys; of two with one key the last stays."""
        unique = {row[key]: row for row in rows}
        batch: list[Row] = []
        size = 0
        for row in unique.values():
            weight = sum(len(v) if isinstance(v, str | bytes) else 8 for v in row.values())
            if batch and (size + weight > _BATCH_BYTES or len(batch) >= _BATCH_ROWS):
                self._write("upsert", collection, data=batch)
                batch, size = [], 0
            batch.append(row)
            size += weight
        if batch:
            self._write("upsert", collection, data=batch)

    def delete(self, collection: str, field: str, keys: Iterable[Any]) -> None:
        """Forget the rows whose field has one of these values."""
        wanted = iter(dict.fromkeys(keys))
        while portion := list(islice(wanted, _KEYS)):
            self.delete_where(collection, f"{field} in {quoted(portion)}")

    def delete_where(self, collection: str, where: str) -> None:
        """Forget the rows that an expression is true of."""
        self._write("delete", collection, filter=where)

    def _write(self, method: str, collection: str, **options: Any) -> None:
        try:
            self.call(method, collection, **options)
        finally:
            # Also where it failed: the server may have done it.
            with self._lock:
                self._written[collection] = self._written.get(collection, 0) + 1


def _is_text(key: str) -> bool:
    return key == "key"


def as_bytes(value: Any) -> bytes:
    """A vector as Milvus gives it back."""
    return bytes(value[0]) if isinstance(value, list | tuple) else bytes(value)
