"""What the first bytes of a file say: whether it is a library, be all the rest damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from lookalike.errors import LibraryDamagedError, LibraryError
from lookalike.library.local import schema
from lookalike.library.local.beside import beside

__all__ = ["Header", "check_file_header", "deleting_by_hand", "header_of", "how_to_delete"]

# sqlite.org/fileformat2.html, section 1.3: the numbers are big-endian.
_MAGIC = b"SQLite format 3\0"
_SIZE = 100
_VERSION = slice(60, 64)
_APPLICATION = slice(68, 72)


class Header(NamedTuple):
    """What the beginning of a file says.

    Attributes:
        raw: its first bytes, as many as there are and have to be known.
        is_sqlite: whether SQLite made the file.
        is_library: whether lookalike did, by SQLite. A new one may say so only in its log.
        version: that it says it has.
    """

    raw: bytes
    is_sqlite: bool
    is_library: bool
    version: int


def header_of(path: Path) -> Header:
    """Read the beginning of a file.

    SQLite reads it where it can. Closing a file takes all locks of this process on it away (POSIX),
    those of its other connections, too: then another process takes itself for the last one, and
    deletes the log that they go on writing to. SQLite knows its own connections, and closes late
    (sqlite.org/howtocorrupt.html, section 2.2).

    Raises:
        LibraryError: it can't be read.
    """
    try:
        size = path.stat().st_size
        found = _asked(path) if size >= _SIZE else None
        if found is not None:
            application, version = found
            return Header(_MAGIC, True, application == schema.APPLICATION_ID, version)
        raw = b""
        if size:  # an empty one may be a library that is being made
            with path.open("rb") as file:
                raw = file.read(_SIZE)
    except OSError as error:
        raise LibraryError(f"{path} can't be read: {error.strerror}") from error
    is_sqlite = raw.startswith(_MAGIC)
    application = int.from_bytes(raw[_APPLICATION], "big")
    return Header(
        raw,
        is_sqlite,
        is_sqlite and application == schema.APPLICATION_ID,
        int.from_bytes(raw[_VERSION], "big", signed=True),
    )


def _asked(path: Path) -> tuple[int, int] | None:
    """The application and the version that SQLite reads; ``None`` if it makes nothing of the file.

    Immutable: neither locks nor the log are looked at, and nothing is made beside the file.
    """
    try:
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            # A file that was cut off is no reason not to tell what it is.
            connection.execute("PRAGMA writable_schema = ON")
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            return int(application), int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return None


def check_file_header(path: Path, *, create: bool) -> None:
    """Refuse what is no SQLite file: SQLite itself takes very short files for empty databases.

    An empty file is what a process leaves that was killed when it had just begun a library.

    Raises:
        LibraryDamagedError: it is none, or its beginning is lost.
        LibraryError: it can't be read.
    """
    header = header_of(path)
    if header.is_sqlite or (create and not header.raw):
        return
    if not header.raw:
        what = f"{path} is empty"
    elif not header.raw.strip(b"\0"):
        what = f"{path} begins with zeros, as no library does"
    elif beside(path):
        what = f"{path} is not a lookalike library, or its beginning is damaged"
    else:
        raise LibraryDamagedError(f"{path} is not a lookalike library: give the path of another")
    raise LibraryDamagedError(
        f"{what}: if it was a library, restore a copy, or {deleting_by_hand(path)}"
    )


def deleting_by_hand(path: Path) -> str:
    """What to do where nothing says that a file was a library."""
    names = [part.name for part in beside(path)]
    if not names:
        return "delete it by hand"
    return f"delete it by hand, with what lies beside it: {', '.join(names)}"


def how_to_delete(path: Path) -> str:
    """What to do with a library of which nothing can be saved.

    Raises:
        LibraryError: it can't be read.
    """
    if header_of(path).is_library:
        return "delete it ('lookalike remove --all') and index again"
    return f"{deleting_by_hand(path)}, and index again"
