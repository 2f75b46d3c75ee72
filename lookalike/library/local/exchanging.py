"""Another file in the place of a library's own, which stays beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from lookalike.errors import LibraryFullError, LibraryLockedError
from lookalike.library.local.checking import lenient, reading
from lookalike.library.local.connection import BUSY_SECONDS

__all__ = ["check_room", "exchange", "fenced"]


def check_room(path: Path) -> None:
    """Refuse to begin where the new file could turn out too large for the disk."""
    log = Path(f"{path}-wal")
    needed = path.stat().st_size + (log.stat().st_size if log.exists() else 0)
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise LibraryFullError(
            f"repairing {path} takes {needed:,} bytes of free space beside it, and {free:,} are "
            "free: free some space, run again"
        )


@contextmanager
def fenced(path: Path) -> Iterator[sqlite3.Connection]:
    """The damaged file with what is in its log, while nobody else can write to it."""
    with closing(reading(path)):  # says what it is, if it isn't a library
        pass
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
    )
    with closing(connection):
        # Of a damaged name in the list of tables Python says that it is no text.
        with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            # Where damage forbids it, nobody else can write, either.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise LibraryLockedError(
                    f"another program is writing to {path}: close it, and try again"
                ) from error
        lenient(connection)
        yield connection
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def exchange(path: Path, new: Path) -> Path:
    """Put the new file in the place of the old one, which stays beside it."""
    number = 1
    while os.path.lexists(damaged := path.with_name(f"{path.name}.damaged{_numbered(number)}")):
        number += 1
    log, kept_log = Path(f"{path}-wal"), Path(f"{damaged}-wal")
    try:
        os.link(path, damaged)
    except OSError:  # no links on this disk
        shutil.copyfile(path, damaged)
    if log.exists() and log.stat().st_size:
        shutil.copyfile(log, kept_log)
    try:
        # First: a new file would take the old one's log for its own.
        for ending in ("-wal", "-shm", "-journal"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        new.replace(path)
    except PermissionError as error:  # of Windows
        damaged.unlink(missing_ok=True)
        kept_log.unlink(missing_ok=True)
        raise LibraryLockedError(
            f"another program has {path} open: close it, and try again"
        ) from error
    return damaged


def _numbered(number: int) -> str:
    return "" if number == 1 else f"-{number}"
