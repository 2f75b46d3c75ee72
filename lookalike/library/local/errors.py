"""SQLite's errors as lookalike's."""

from __future__ import annotations

import shutil
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
from lookalike.library.local import schema

__all__ = ["is_full", "newer", "no_library", "translated"]

# Less than SQLite takes for its shared memory and the first pages of a log.
_LEAST_BYTES = 1 << 20


def no_library(path: Path) -> str:
    """That there is none."""
    return f"there is no library at {path}: make one with 'lookalike index FOLDER'"


def newer(path: Path, version: int) -> str:
    """That a library is of a newer lookalike."""
    return (
        f"{path} was made by a newer lookalike (version {version}, this one knows"
        f" {len(schema.MIGRATIONS)}): upgrade lookalike"
    )


def is_full(path: Path) -> bool:
    """Whether the disk that a file lies on has no room, or next to none."""
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_BYTES
    except OSError:
        return False


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
    except UnicodeDecodeError as error:  # SQLite quotes a damaged name in its own error
        raise LibraryDamagedError(
            f"{path} is damaged (a name in it is no text): 'lookalike check-library --repair' saves"
            " what is sound"
        ) from error


_VAGUE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def _meaning(path: Path, error: sqlite3.DatabaseError) -> LibraryError | None:
    # Extended codes have the primary one in their low byte (sqlite.org/rescode.html, section 3).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # SQLite says of its shared memory alone that it can't be had, and not for want of what.
    if code == sqlite3.SQLITE_FULL or (code in _VAGUE and is_full(path)):
        return LibraryFullError(
            f"no space left for {path}: what was committed is kept; free some space, then try again"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryLockedError(f"another process keeps {path} locked: try again")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return LibraryReadOnlyError(f"{path} can't be opened for writing: {error}")
    # Of text that isn't UTF-8 Python says so, without a code. What is lacking was there once.
    unreadable = "decode to UTF-8" in str(error) or str(error).startswith("no such ")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) or unreadable:
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
