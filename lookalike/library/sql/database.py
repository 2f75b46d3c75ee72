"""What the tables of a library take of a database, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["Database"]


class Database(Protocol):
    """Tables that any number of threads may read. A question mark in SQL stands for a value."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction: everything inside is kept, or nothing; within another, part of that."""

    def fetch(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """All rows that a query gives."""

    def number(self, sql: str, values: Sequence[object] = ()) -> int:
        """The one number that a query gives."""

    def execute(self, sql: str, values: Sequence[object] = ()) -> object:
        """Run a statement; inside of :meth:`writing` if it changes anything."""

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for each row of values."""

    def stream(self, sql: str, values: Sequence[object] = (), size: int = 10_000) -> Iterator[Any]:
        """Rows of a large read, fetched in portions so that others get their turn."""

    def fetch_for(
        self, sql: str, keys: Sequence[object], values: Sequence[object] = ()
    ) -> Iterator[Any]:
        """Rows of a query whose ``IN ({keys})`` stands for any number of keys.

        Args:
            sql: with ``IN ({keys})`` once, behind the marks of ``values``.
            keys: any number; none gives nothing.
            values: those before the keys.
        """
