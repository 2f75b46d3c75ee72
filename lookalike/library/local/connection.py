"""Connections to a library's file: opening, checks, journal, the writer's lock."""

from __future__ import annotations

import errno
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from lookalike.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryFullError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryUnmergedError,
    LibraryVersionError,
)
from lookalike.library.disk import is_network, is_writable
from lookalike.library.local import schema
from lookalike.library.local.errors import is_full, newer, no_library, translated
from lookalike.library.local.header import check_file_header
from lookalike.library.local.migrating import migrate, version_of
from lookalike.system.locks import locked

__all__ = [
    "BUSY_SECONDS",
    "check_folder",
    "connect",
    "is_read_only",
    "is_there",
    "opened",
    "tidy",
    "why_read_only",
    "writer_lock",
]

_NO_SHARED_MEMORY = (
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
)

# A reader waits this long for a writer's commit, which takes milliseconds.
BUSY_SECONDS = 10.0


def is_read_only(path: Path) -> bool:
    """Whether the library at ``path`` can't be written to where it lies."""
    if not is_writable(path.parent):
        return True
    return path.exists() and not is_writable(path)


def why_read_only(path: Path) -> str:
    """What to say of a library that was opened for reading, to who wants to write to it."""
    if not is_writable(path.parent):
        why = f"its folder {path.parent} can't be written to"
    elif not is_writable(path):
        why = "its file can't be written to"
    else:
        return (
            f"{path} was opened for reading only: open it anew, without read_only=True and where it"
            " can be written to"
        )
    return (
        f"{path} can only be read: {why} (a read-only disk, or somebody else's); get leave to write"
        " there, or index into a copy of the library elsewhere"
    )


def connect(path: Path, *, create: bool, read_only: bool) -> sqlite3.Connection:
    """Open a library's file and bring it to this version.

    Args:
        path: of the file.
        create: make a new library where there is none.
        read_only: never write. On a disk that can't be written to, SQLite is told that nothing
            changes, since it could not make its shared memory there.

    Raises:
        LibraryNotFoundError, LibraryUnmergedError, LibraryVersionError, LibraryDamagedError,
        LibraryReadOnlyError, LibraryLockedError.
    """
    exists = is_there(path)
    if not exists and (read_only or not create):
        raise LibraryNotFoundError(no_library(path))
    if exists:
        check_file_header(path, create=create and not read_only)
    else:
        check_folder(path)
    if read_only and is_read_only(path):
        _check_merged(path)
    with translated(path):
        connection = opened(path, read_only=read_only)
    try:
        with translated(path):
            _check_kind(connection, path, create=create)
            if not read_only:
                _set_journal(connection, path)
                _bring_up_to_date(connection, path)
            elif version_of(connection) != len(schema.MIGRATIONS):
                raise LibraryReadOnlyError(
                    f"{path} has version {version_of(connection)} and needs"
                    f" {len(schema.MIGRATIONS)}: open it once where it can be written to"
                )
            connection.execute("PRAGMA foreign_keys = ON")
            # What is forgotten, positions above all, leaves no trace in free pages.
            connection.execute("PRAGMA secure_delete = ON").fetchone()
    except BaseException:
        unfinished = not exists and not path.is_symlink() and _is_blank(connection)
        connection.close()
        if unfinished:
            for ending in ("-wal", "-shm", "-journal", ""):
                Path(f"{path}{ending}").unlink(missing_ok=True)
        raise
    return connection


def opened(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection to a file of which nothing is checked yet.

    A disk that is full has no room for the shared memory that SQLite takes to read a library with
    a write-ahead log. There the file is read by this connection alone, which needs none
    (sqlite.org/wal.html, section 9): others wait until it is closed. SQLite's way to do without
    locks would show pages that are half written once somebody frees some space and writes.

    Raises:
        sqlite3.Error: it can't be opened.
    """
    options = ""
    if read_only:
        options = "?mode=ro"
        if is_read_only(path):
            options += "&immutable=1"
    connection = _connection(path, options)
    try:
        connection.execute("PRAGMA application_id").fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) in _NO_SHARED_MEMORY and is_full(path):
            connection.close()
            connection = _connection(path, "?mode=rw")
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchone()
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        elif getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            connection.close()
            raise
        # All else is said by who asks next, and knows what may be wrong with the file.
    return connection


def _connection(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(
        path.absolute().as_uri() + options,
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def tidy(path: Path) -> None:
    """Take away the empty log that a connection leaves which may not write.

    SQLite does that itself when the last connection closes that may, and knows which is the last.
    """
    log = Path(f"{path}-wal")
    with suppress(OSError, sqlite3.Error):
        if log.stat().st_size == 0 and not is_read_only(path):
            with closing(_connection(path, "?mode=rw")) as connection:
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("PRAGMA application_id").fetchone()


def is_there(path: Path) -> bool:
    """Whether there is a file at ``path``; nothing of it is opened.

    Raises:
        LibraryDamagedError: there is something else: a folder, a device, a pipe, a socket.
        LibraryError: that can't be found out.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise LibraryError(f"{path} can't be read: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        raise LibraryDamagedError(f"{path} is a folder, not a library: give the path of a file")
    if not stat.S_ISREG(mode):
        raise LibraryDamagedError(
            f"{path} is a device, a pipe or a socket, not a library: give the path of a file"
        )
    return True


def check_folder(path: Path) -> None:
    """Make sure that a new library can be made at ``path``; no folder is made for it.

    Raises:
        LibraryNotFoundError: there is no such folder.
        LibraryReadOnlyError: it can't be written to.
    """
    if not path.parent.is_dir():
        raise LibraryNotFoundError(
            f"there is no folder {path.parent} for the library {path.name}: check the spelling, or"
            " make the folder first"
        )
    if not is_writable(path.parent):
        raise LibraryReadOnlyError(
            f"no library can be made at {path}: its folder can't be written to"
        )


@contextmanager
def writer_lock(path: Path, *, seconds: float = 0) -> Iterator[None]:
    """Be the only writer of a library, across threads, processes and machines that share its disk.

    The system frees the lock when the process ends, however it ends.

    Args:
        path: of the library.
        seconds: to wait for somebody else.

    Raises:
        LibraryLockedError: somebody else is writing.
        LibraryReadOnlyError: the disk can't be written to.
    """
    from filelock import Timeout

    with ExitStack() as held:
        try:
            held.enter_context(locked(Path(f"{path}.lock"), seconds=seconds))
        except Timeout as error:
            raise LibraryLockedError(
                f"another process is writing to {path}: wait until it ends (searching goes on)"
            ) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise LibraryFullError(
                    f"no space left for {path}.lock: free some space, then try again"
                ) from error
            raise LibraryReadOnlyError(f"{path} can't be written to: {error.strerror}") from error
        yield


def _check_merged(path: Path) -> None:
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size > 0:
        raise LibraryUnmergedError(
            f"{log} holds changes that were never merged into {path.name}, and its disk can't be"
            " written to: open the library once where it can"
        )


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Whether nobody has made a library of a file, as far as that can be told."""
    try:
        return version_of(connection) == 0
    except sqlite3.Error:
        return False


def _check_kind(connection: sqlite3.Connection, path: Path, *, create: bool) -> None:
    """Refuse other people's SQLite files and libraries of a newer lookalike."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != schema.APPLICATION_ID and (tables > 0 or not create):
        raise LibraryDamagedError(f"{path} is an SQLite file, but not a lookalike library")
    version = version_of(connection)
    if version > len(schema.MIGRATIONS):
        raise LibraryVersionError(newer(path, version))


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Migrate, alone: nobody indexes meanwhile, and of two processes the second finds it done."""
    version = version_of(connection)
    if version == len(schema.MIGRATIONS):
        return
    if version == 0:  # nobody has indexed into it
        migrate(connection, path)
        return
    with writer_lock(path, seconds=BUSY_SECONDS):
        migrate(connection, path)


def _set_journal(connection: sqlite3.Connection, path: Path) -> None:
    """Write-ahead log on local disks; a rollback journal on network drives, where it works."""
    network = is_network(path.parent)
    wanted = "truncate" if network else "wal"
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        connection.execute(f"PRAGMA journal_mode = {wanted}")
    # NORMAL with a write-ahead log: a power cut may lose the last commits, never the file.
    connection.execute(f"PRAGMA synchronous = {'FULL' if network else 'NORMAL'}")
