"""Connections to a library's file: opening, checks, journal, the writer's lock."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lookalike.errors import (
    LibraryDamagedError,
    LibraryError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryUnmergedError,
    LibraryVersionError,
)
from lookalike.library.disk import is_network, is_writable
from lookalike.library.local import schema
from lookalike.library.local.errors import translated
from lookalike.library.local.migrating import migrate, version_of
from lookalike.system.locks import locked

__all__ = [
    "BUSY_SECONDS",
    "check_file_header",
    "check_folder",
    "connect",
    "is_read_only",
    "is_there",
    "writer_lock",
]

_HEADER = b"SQLite format 3\0"

# A reader waits this long for a writer's commit, which takes milliseconds.
BUSY_SECONDS = 10.0


def is_read_only(path: Path) -> bool:
    """Whether the library at ``path`` can't be written to where it lies."""
    if not is_writable(path.parent):
        return True
    return path.exists() and not is_writable(path)


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
        raise LibraryNotFoundError(
            f"there is no library at {path}: make one with 'lookalike index FOLDER'"
        )
    if exists:
        check_file_header(path, create=create and not read_only)
    else:
        check_folder(path)
    options = ""
    if read_only:
        options = "?mode=ro"
        if is_read_only(path):
            _check_merged(path)
            options += "&immutable=1"
    with translated(path):
        connection = sqlite3.connect(
            path.absolute().as_uri() + options,
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
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
    except BaseException:
        unfinished = not exists and not path.is_symlink() and _is_blank(connection)
        connection.close()
        if unfinished:
            for ending in ("-wal", "-shm", "-journal", ""):
                Path(f"{path}{ending}").unlink(missing_ok=True)
        raise
    return connection


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
            raise LibraryReadOnlyError(f"{path} can't be written to: {error.strerror}") from error
        yield


def _check_merged(path: Path) -> None:
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size > 0:
        raise LibraryUnmergedError(
            f"{log} holds changes that were never merged into {path.name}, and its disk can't be"
            " written to: open the library once where it can"
        )


def check_file_header(path: Path, *, create: bool) -> None:
    """Refuse what is no SQLite file: SQLite itself takes very short files for empty databases.

    An empty file is what a process leaves that was killed when it had just begun a library.
    """
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise LibraryError(f"{path} can't be read: {error.strerror}") from error
    if header != _HEADER and not (create and header == b""):
        raise LibraryDamagedError(f"{path} is not a lookalike library: give the path of another")


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
        raise LibraryVersionError(
            f"{path} was made by a newer lookalike (version {version}, this one knows"
            f" {len(schema.MIGRATIONS)}): upgrade lookalike"
        )


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
