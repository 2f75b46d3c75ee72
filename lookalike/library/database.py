"""One library file: its connection, its transactions, and the settings that every library has."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from lookalike.errors import LibraryFullError
from lookalike.library.connection import connect, is_read_only, translated

__all__ = ["Database"]

_log = logging.getLogger(__name__)


class Database:
    """One library file. Reads may come from any thread; writes happen inside :meth:`writing`.

    Args:
        path: of the file.
        create: make it where it is missing.
        read_only: never write; assumed where the disk can't be written to.

    Raises:
        LibraryError: of the kinds that :func:`lookalike.library.connection.connect` lists.
    """

    def __init__(self, path: Path, *, create: bool = True, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only or (path.parent.exists() and is_read_only(path))
        self._connection = connect(path, create=create, read_only=self.read_only)
        self._lock = threading.RLock()
        self.merged = time.monotonic()  # when this connection last merged what it had written

    def close(self) -> None:
        """Merge the write-ahead log, so that the file alone is the library, and close."""
        with self._lock:
            try:
                if not self.read_only:
                    self.merge()
            except LibraryFullError as error:
                # The log stays, and whoever opens the library next merges it.
                _log.warning("%s", error)
            self._connection.close()

    def merge(self) -> None:
        """Move all commits from the write-ahead log into the file, as far as readers allow."""
        with self._lock, translated(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self.merged = time.monotonic()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: everything inside is kept, or nothing."""
        with self._lock, translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    def _run(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        with self._lock, translated(self.path):
            return self._connection.execute(sql, values)

    def rows(self, sql: str, values: Sequence[object] = (), size: int = 10_000) -> Iterator[Any]:
        """Rows of a large read, fetched in portions so that others get their turn."""
        with self._lock, translated(self.path):
            cursor = self._connection.cursor()
            cursor.execute(sql, values)
            portion = cursor.fetchmany(size)
        while portion:
            yield from portion
            with self._lock, translated(self.path):
                portion = cursor.fetchmany(size)

    # Settings

    def setting(self, key: str) -> str:
        """A setting that every library has."""
        return cast(str, self._all("SELECT value FROM settings WHERE key = ?", [key])[0][0])

    def stamp(self) -> tuple[str, int, int]:
        """(uuid, epoch, generation): equal stamps mean equal answers to every search."""
        found = dict(self._all("SELECT key, value FROM settings"))
        return found["uuid"], int(found["epoch"]), int(found["generation"])

    def touch(self, *, epoch: bool = False) -> None:
        """Note that a search could notice what is being written; ``epoch`` if it is no append."""
        keys = ("generation", "epoch") if epoch else ("generation",)
        for key in keys:
            self._run("UPDATE settings SET value = value + 1 WHERE key = ?", [key])
