"""Reading a damaged table around its damage.

A table's rows lie in the order of its key. They are read upwards until SQLite finds damage, and
downwards from the end until it finds some again; between the two, the gap is halved, and each half
is read in the same way. So all rows are found that SQLite can reach, whatever the damage is.
Indexes are not used: they may be damaged themselves.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from typing import Any, TypeAlias

from lookalike.library.local.shape import Table

__all__ = ["Salvage"]

Key: TypeAlias = Any
Row: TypeAlias = tuple[Any, ...]

_FAULTS = (sqlite3.DatabaseError, MemoryError, OverflowError)

# Gaps that are looked into, one after the other, without finding a row: a second or two. A page
# holds some hundred ids; of texts there are so many between two others that halving has no end.
_MOST_GAPS = {True: 20_000, False: 2_000}

# The same for all prefixes of a table together: a table may have a million of them, of which each
# runs into the same damaged page. Past that each is still read from both ends.
_MOST_IN_ALL = 200_000
_DIGITS = 12  # bytes of a text or blob that tell where its middle is


class Salvage:
    """The rows of one table that can be read.

    Args:
        connection: to the damaged file, that leaves text as bytes where it isn't UTF-8.
        table: as it should be.
        columns: those of the table that the file has.
        last: the greatest id that can be.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        table: Table,
        columns: Sequence[str],
        last: int,
    ) -> None:
        self._connection, self._table = connection, table
        self._columns = list(columns)
        self._last = last
        self._holes: list[tuple[Key, Key]] = []
        self._in_vain = 0  # gaps that were looked into without finding a row
        self.unread = 0
        """Places whose rows can't be read."""

    def rows(self, prefixes: Sequence[Row] = ((),)) -> Iterator[Row]:
        """The rows, in no particular order.

        Args:
            prefixes: the values that all but the last column of the key may have.
        """
        for prefix in prefixes:
            self._holes.clear()
            yield from self._under(prefix)
            ends = {high for _, high in self._holes}
            # Holes that touch are one.
            self.unread += sum(low is None or low not in ends for low, _ in self._holes)

    def _under(self, prefix: Row) -> Iterator[Row]:
        gaps: deque[tuple[Key, Key]] = deque([(None, None)])
        looked = 0
        while gaps:
            low, high = whole = gaps.popleft()
            low, clean = yield from self._read(prefix, low, high, down=False)
            if clean:
                continue
            high, clean = yield from self._read(prefix, low, high, down=True)
            if clean:
                continue
            key = self._next_key(prefix, low, high)
            if key is not None:  # only some of its columns can't be read
                row = self._by_columns(prefix, key)
                if row is None:
                    self._holes.append((key, _after(key)))
                else:
                    yield row
                gaps.appendleft((_after(key), high))
                continue
            in_vain = (low, high) == whole
            looked = looked + 1 if in_vain else 0
            self._in_vain += in_vain
            middle = self._between(low, high)
            if middle is None or looked > self._most(isinstance(middle, int), prefix):
                self._holes.append((low, high))
                continue
            gaps.append((low, middle))
            gaps.append((middle, high))

    def _most(self, whole_number: bool, prefix: Row) -> int:
        """How many gaps may be looked into, one after the other, without finding a row."""
        most = _MOST_GAPS[whole_number]
        return most if not prefix else min(most, _MOST_IN_ALL - self._in_vain)

    def _read(
        self, prefix: Row, low: Key, high: Key, *, down: bool
    ) -> Generator[Row, None, tuple[Key, bool]]:
        """Rows from ``low``, and before ``high``, until there is damage.

        Returns:
            The bound that is left: the new ``low``, or ``high`` if read downwards; and whether
            there was no damage.
        """
        key = self._table.key[-1]
        wanted = ", ".join([key, *self._columns])
        where, values = self._where(prefix, low, high)
        order = "DESC" if down else "ASC"
        left = high if down else low
        try:
            cursor = self._connection.execute(
                f"SELECT {wanted} FROM {self._table.name} NOT INDEXED"  # noqa: S608
                f" {where} ORDER BY {key} {order}",
                values,
            )
            while (row := cursor.fetchone()) is not None:
                if not self._fits(row[0], low, high):
                    return left, False  # a page of another place: what follows is no better
                left = row[0] if down else _after(row[0])
                low, high = (low, left) if down else (left, high)
                yield row[1:]
        except _FAULTS:
            return left, False
        return left, True

    def _fits(self, key: Key, low: Key, high: Key) -> bool:
        try:
            return (low is None or key >= low) and (high is None or key < high) and key is not None
        except TypeError:
            return False

    def _where(self, prefix: Row, low: Key, high: Key) -> tuple[str, list[object]]:
        *before, key = self._table.key
        parts = [f"{name} = ?" for name in before]
        values: list[object] = list(prefix)
        for sign, bound in ((">=", low), ("<", high)):
            if bound is not None:
                parts.append(f"{key} {sign} ?")
                values.append(bound)
        return (f"WHERE {' AND '.join(parts)}" if parts else ""), values

    def _next_key(self, prefix: Row, low: Key, high: Key) -> Key:
        key = self._table.key[-1]
        where, values = self._where(prefix, low, high)
        try:
            row = self._connection.execute(
                f"SELECT {key} FROM {self._table.name} NOT INDEXED"  # noqa: S608
                f" {where} ORDER BY {key} LIMIT 1",
                values,
            ).fetchone()
        except _FAULTS:
            return None
        return row[0] if row is not None and self._fits(row[0], low, high) else None

    def _by_columns(self, prefix: Row, key: Key) -> Row | None:
        """A row of which some columns can't be read: empty those, where they may be."""
        needed = {column.name for column in self._table.columns if column.needed}
        *before, last = self._table.key
        where = " AND ".join(f"{name} = ?" for name in (*before, last))
        row: list[object] = []
        for name in self._columns:
            try:
                found = self._connection.execute(
                    f"SELECT {name} FROM {self._table.name} NOT INDEXED WHERE {where}",  # noqa: S608
                    [*prefix, key],
                ).fetchone()
            except _FAULTS:
                if name in needed:
                    return None
                found = (None,)
            if found is None:
                return None
            row.append(found[0])
        return tuple(row)

    def _between(self, low: Key, high: Key) -> Key:
        """A key that is greater than ``low`` and less than ``high``; ``None`` if there is none."""
        kinds = {type(bound) for bound in (low, high) if bound is not None}
        if not kinds:
            kinds = (
                {int} if self._kind() == "INTEGER" else {bytes if self._kind() == "BLOB" else str}
            )
        if kinds == {int}:
            least = 1 if low is None else low
            most = max(self._last + 1, least) if high is None else high
            middle = (least + most) // 2
            return middle if least < middle < most else None
        text = kinds == {str}
        a, b = (None if x is None else x.encode() if isinstance(x, str) else x for x in (low, high))
        found = _middle(a or b"", b)
        if found is None or not text:
            return found
        shown = found.decode(errors="ignore")
        return shown if (low is None or shown > low) and (high is None or shown < high) else None

    def _kind(self) -> str:
        key = self._table.key[-1]
        return next((c.type for c in self._table.columns if c.name == key), "INTEGER")


def _after(key: Key) -> Key:
    """The least key that is greater."""
    if isinstance(key, int):
        return key + 1
    return key + ("\0" if isinstance(key, str) else b"\0")


def _middle(low: bytes, high: bytes | None) -> bytes | None:
    """Bytes between, read as fractions to the base of 256 behind what both have in common."""
    common = 0
    if high is not None:
        while common < min(len(low), len(high)) and low[common] == high[common]:
            common += 1
    a = int.from_bytes(low[common : common + _DIGITS].ljust(_DIGITS, b"\0"), "big")
    b = 256**_DIGITS
    if high is not None:
        b = int.from_bytes(high[common : common + _DIGITS].ljust(_DIGITS, b"\0"), "big")
    if b - a < 2:
        return None
    found = low[:common] + ((a + b) // 2).to_bytes(_DIGITS, "big").rstrip(b"\0")
    return found if found > low and (high is None or found < high) else None
