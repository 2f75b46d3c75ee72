"""SQLite's errors as lookalike's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lookalike.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryFullError,
    LibraryLockedError,
    LibraryReadOnlyError,
)
from lookalike.library.closing import closed

__all__ = ["translated"]


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into lookalike's, by their primary result codes.

    What is left, such as a broken constraint, is a fault of lookalike and stays as it is.
    """
    try:
        yield
    except sqlite3.ProgrammingError as error:
        if "closed" in str(error):  # raised by Python, without a code
            raise closed(path) from error
        raise
    except sqlite3.DatabaseError as error:
        found = _meaning(path, error)
        if found is None:
            raise
        raise found from error


def _meaning(path: Path, error: sqlite3.DatabaseError) -> LibraryError | None:
    # Extended codes have the primary one in their low byte (sqlite.org/rescode.html, section 3).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return LibraryFullError(
            f"no space left for {path}: what was committed is kept; free some space, run again"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryLockedError(f"another process keeps {path} locked: try again")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return LibraryReadOnlyError(f"{path} can't be opened for writing: {error}")
    # Of text that isn't UTF-8 Python says so, without a code.
    undecodable = "decode to UTF-8" in str(error)
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) or undecodable:
        return LibraryDamagedError(
            f"{path} is not a lookalike library or is damaged ({error}): 'lookalike"
            " check-library --repair' saves what is sound"
        )
    if code == sqlite3.SQLITE_IOERR:
        return LibraryError(
            f"the disk of {path} gives errors ({error}): what was committed is kept; see whether"
            " it is full or failing, run again"
        )
    return None
