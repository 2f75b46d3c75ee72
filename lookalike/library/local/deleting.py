"""Deleting a library's file with all that lies beside it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from lookalike.errors import (
    LibraryDamagedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryVersionError,
)
from lookalike.library import mapped
from lookalike.library.disk import is_writable
from lookalike.library.local import schema
from lookalike.library.local.beside import beside
from lookalike.library.local.connection import is_there, writer_lock
from lookalike.library.local.database import Database
from lookalike.library.local.errors import newer, no_library
from lookalike.library.local.header import check_file_header, deleting_by_hand, header_of

__all__ = ["check_deletable", "delete"]


def check_deletable(path: Path) -> None:
    """Make sure that there is a library which may be deleted, be it damaged or not.

    Its first bytes are enough. So a library goes of which nothing else can be read, and one on a
    disk that is full.

    Raises:
        LibraryNotFoundError: there is none.
        LibraryDamagedError: it is no library, or nothing says that it was one.
        LibraryVersionError: it is of a newer lookalike.
        LibraryReadOnlyError: its folder can't be written to.
        LibraryError: it can't be read.
    """
    if not is_there(path):
        raise LibraryNotFoundError(no_library(path))
    check_file_header(path, create=False)
    header = header_of(path)
    if not header.is_library:
        # One that was just begun says what it is in its log.
        try:
            Database(path, create=False).close()
        except LibraryDamagedError as error:
            if error.__cause__ is None:
                raise  # it is sound, and another program's
            raise LibraryDamagedError(
                f"{path} is damaged, and nothing says that it is a lookalike library: if it was"
                f" one, {deleting_by_hand(path)}"
            ) from error
    elif header.version > len(schema.MIGRATIONS):
        raise LibraryVersionError(newer(path, header.version))
    if not is_writable(path.parent):
        raise LibraryReadOnlyError(
            f"{path} can't be deleted: its folder can't be written to; nothing was deleted"
        )


def delete(path: Path) -> None:
    """Delete a library; its lock goes last, while it is held.

    Raises:
        LibraryError: there is none, it is no library, somebody is writing to it, or it can't be
            deleted.
    """
    check_deletable(path)
    with writer_lock(path):
        lock, cache = Path(f"{path}.lock"), mapped.cache_folder(path)
        mapped.delete(path)
        # First of all that counts: if it can't go, nothing is lost. SQLite takes no log or journal
        # of a file that is gone for that of a new one.
        try:
            path.unlink()
        except OSError as error:
            raise LibraryReadOnlyError(
                f"{path} can't be deleted: {error.strerror}; nothing was deleted but its cache"
            ) from error
        left = {}
        for part in beside(path):
            if part == lock:
                continue
            try:
                if part == cache:
                    shutil.rmtree(part)
                else:
                    part.unlink(missing_ok=True)
            except OSError as error:
                left[part.name] = error.strerror
        # While it is held: who waits for it notices, and makes another. Windows won't have it.
        with suppress(PermissionError):
            lock.unlink(missing_ok=True)
    if left:
        raise LibraryReadOnlyError(
            f"{path} is deleted, but not all that lay beside it ({next(iter(left.values()))}):"
            f" delete by hand {', '.join(left)}"
        )
