"""One SQLite file: its connection, its transactions, its reads from any thread."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lookalike.errors import LibraryError
from lookalike.library.closing import closed
from lookalike.library.local.connection import connect, is_read_only, is_there, tidy
from lookalike.library.local.errors import translated

__all__ = ["Database"]

_log = logging.getLogger(__name__)


class Database:
    """One library file. Reads may come from any thread; writes happen inside :meth:`writing`.

    Args:
        path: of the file.
        create: make it where it is missing.
        read_only: never write; assumed where the disk can't be written to.

    Raises:
        LibraryError: of the kinds that :func:`lookalike.library.local.connection.connect` lists.
    """

    def __init__(self, path: Path, *, create: bool = True, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only or (is_there(path) and is_read_only(path))
        self._connection = connect(path, create=create, read_only=self.read_only)
        self._lock = threading.RLock()
        self._depth = 0  # of nested writing(), which are one transaction
        self._closed = False
        self.merged = time.monotonic()  # when this connection last merged what it had written

    def close(self) -> None:
        """Merge the write-ahead log, so that the file alone is the library, and close."""
        with self._lock:
            if self._closed:
                return
            try:
                if not self.read_only:
                    self.merge()
            except LibraryError as error:
                # The log stays, and whoever opens the library next merges it. An error that ended
                # the work was told, and shall not be hidden by this one.
                _log.warning("%s", error)
            self._closed = True
            self._connection.close()
            if self.read_only:
                tidy(self.path)

    def merge(self) -> None:
        """Move all commits from the write-ahead log into the file, as far as readers allow."""
        with self._lock, translated(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self.merged = time.monotonic()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: everything inside is kept, or nothing; within another, part of that."""
        with self._lock, translated(self.path):
            if self._depth:
                yield
                return
            self._check_open()
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already. One that can't be written to says so
                # again, which shall not hide what it said first.
                if self._connection.in_transaction:
                    with suppress(sqlite3.DatabaseError):
                        self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def fetch(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """All rows that a query gives."""
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    def number(self, sql: str, values: Sequence[object] = ()) -> int:
        """The one number that a query gives."""
        return int(self.fetch(sql, values)[0][0])

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run a statement; inside of :meth:`writing` if it changes anything."""
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values)

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for each row of values."""
        with self._lock, translated(self.path):
            self._connection.executemany(sql, rows)

    def stream(self, sql: str, values: Sequence[object] = (), size: int = 10_000) -> Iterator[Any]:
        """Rows of a large read, fetched in portions so that others get their turn."""
        with self._lock, translated(self.path):
            cursor = self._connection.cursor()
            cursor.execute(sql, values)
            portion = cursor.fetchmany(size)
        while portion:
            yield from portion
            with self._lock, translated(self.path):
                portion = cursor.fetchmany(size)

    def fetch_for(
        self, sql: str, keys: Sequence[object], values: Sequence[object] = ()
    ) -> Iterator[Any]:
        """Rows of a query whose ``{keys}`` stands for the marks of so many keys, 500 at a time.

        Args:
            sql: with ``{keys}`` once, behind the marks of ``values``.
            keys: any number; none gives nothing.
            values: those before the keys.
        """
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            yield from self.fetch(sql.format(keys=",".join("?" * len(some))), [*values, *some])

    def _check_open(self) -> None:
        if self._closed:
            raise closed(self.path)


_AT_ONCE = 500  # keys of one query: SQLite takes 999 values or more
