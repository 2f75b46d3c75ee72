"""A file of SQLite's that is a cache: whatever happens to it is logged, and never raised."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

__all__ = ["CacheFile"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_WAIT_SECONDS = 2.0


class CacheFile:
    """One connection to a cache; any number of threads may use it, and other processes beside it.

    Args:
        path: of the file; ``None`` to keep it in memory.
        schema: statements that make the tables.
        application: an ``application_id`` that tells the file from any other.
        version: of the tables; a file of another version is made anew.
        read_only: never write.
        journal: ``WAL``, or ``TRUNCATE`` on a network drive.
    """

    def __init__(
        self,
        path: Path | None,
        schema: str,
        application: int,
        version: int,
        *,
        read_only: bool = False,
        journal: str = "WAL",
    ) -> None:
        self.path = path
        self._schema = schema
        self._stamp = application, version
        self._read_only = read_only
        self._journal = journal
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened_file: tuple[int, int] | None = None
        self._closed = False

    @property
    def writable(self) -> bool:
        """Whether anything can be kept."""
        return not (self._read_only or self._closed)

    def close(self) -> None:
        """Let go of the file; what is asked later finds nothing."""
        with self._lock:
            self._closed = True
            self._drop_connection()

    def clear(self) -> None:
        """Delete the file; the next use makes it anew."""
        with self._lock:
            if self.writable:
                self._drop_connection()
                with suppress(OSError):
                    self._delete()

    def ask(
        self, work: Callable[[sqlite3.Connection], T], nothing: T, *, create: bool = False
    ) -> T:
        """Do something with the connection; ``nothing`` if there is none, or it fails."""
        with self._lock:
            connection = self._opened(create=create)
            if connection is None:
                return nothing
            try:
                return work(connection)
            except sqlite3.Error as error:
                self._failed(error)
                return nothing

    def write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do something in one transaction, or nothing if that fails."""

        def whole(connection: sqlite3.Connection) -> None:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                work(connection)

        self.ask(whole, None, create=True)

    def _opened(self, *, create: bool) -> sqlite3.Connection | None:
        if self._closed:
            return None
        if self._connection is not None and self._identity() != self._opened_file:
            self._drop_connection()  # another process made it anew: this one reads what is gone
        if self._connection is None:
            try:
                if create or self.path is None or self.path.exists():
                    self._connection = self._open()
                    self._opened_file = self._identity()
            except (sqlite3.Error, OSError) as error:
                self._failed(error)
        return self._connection

    def _identity(self) -> tuple[int, int] | None:
        """Which file it is that has the name now."""
        if self.path is not None:
            with suppress(OSError):
                found = self.path.stat()
                return found.st_dev, found.st_ino
        return None

    def _open(self) -> sqlite3.Connection | None:
        path = self.path
        if path is None:
            return self._prepared(_connect(":memory:"), None)
        if self._read_only:
            if not path.exists():
                return None
            connection = _connect(f"{path.as_uri()}?mode=ro")
            if _version(connection) != self._stamp:
                connection.close()
                return None
            return connection
        seen = self._identity()
        connection = _connect(f"{path.as_uri()}?mode=rwc")
        try:
            return self._prepared(connection, self._journal)
        except sqlite3.OperationalError:
            connection.close()
            raise  # in use, or it can't be read now
        except sqlite3.DatabaseError as error:
            _log.warning("%s is damaged and is made anew: %s", path, error)
            connection.close()
        if seen == self._identity():  # else another process has just made it anew
            self._delete()
        return self._prepared(_connect(f"{path.as_uri()}?mode=rwc"), self._journal)

    def _failed(self, error: Exception) -> None:
        """Go on without; what is damaged is made anew at the next use."""
        _log.warning("%s can't be used now: %s", self.path or "a cache in memory", error)
        self._drop_connection()
        broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError | sqlite3.IntegrityError
        )
        if broken and self.writable:
            with suppress(OSError):
                self._delete()

    def _delete(self) -> None:
        if self.path is not None:
            for ending in ("", "-wal", "-shm", "-journal"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _prepared(self, connection: sqlite3.Connection, journal: str | None) -> sqlite3.Connection:
        """Ready to be written to, with tables.

        Two processes may begin at once, so a file is made anew in its place and in one
        transaction: of a file that one of them deletes, the other would never hear.
        """
        if journal is not None:
            _keep_journal(connection, journal)
        # It is a cache: after a power cut it may be damaged, and is then made anew.
        connection.execute("PRAGMA synchronous = OFF")
        # What is forgotten must not stay in free pages.
        connection.execute("PRAGMA secure_delete = ON")
        if _version(connection) != self._stamp:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                if _version(connection) != self._stamp:  # another process, meanwhile
                    for name in _tables(connection):
                        connection.execute(f'DROP TABLE "{name}"')
                    for statement in self._schema.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {self._stamp[0]}")
                    connection.execute(f"PRAGMA user_version = {self._stamp[1]}")
        return connection


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(
        address,
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        uri=address.startswith("file:"),
    )


def _keep_journal(connection: sqlite3.Connection, journal: str) -> None:
    """Set the kind of journal.

    SQLite gives up at once, without the wait that was asked for, where two begin it together.
    """
    last = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {journal}")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > last:
                raise
            time.sleep(0.01 * random.random())  # noqa: S311


def _version(connection: sqlite3.Connection) -> tuple[int, int]:
    application, version = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("application_id", "user_version")
    )
    return application, version


def _tables(connection: sqlite3.Connection) -> list[str]:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return [str(name) for (name,) in connection.execute(sql)]
