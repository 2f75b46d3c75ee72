"""Connections to a library's file: opening, journal, migrations, errors, the writer's lock."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

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
from lookalike.library import schema
from lookalike.library.disk import is_network, is_writable

__all__ = ["connect", "is_read_only", "translated", "writer_lock"]

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
    exists = path.exists()
    if not exists and (read_only or not create):
        raise LibraryNotFoundError(
            f"there is no library at {path}: make one with 'lookalike index FOLDER'"
        )
    if path.is_dir():
        raise LibraryDamagedError(f"{path} is a folder, not a library: give the path of a file")
    if exists:
        _check_header(path, create=create and not read_only)
    else:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryReadOnlyError(
                f"can't make the folder {path.parent}: {error.strerror}"
            ) from error
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
            connection.execute("PRAGMA foreign_keys = ON")
            if not read_only:
                _set_journal(connection, path)
                _migrate(connection, path)
            elif _version(connection) != len(schema.MIGRATIONS):
                raise LibraryReadOnlyError(
                    f"{path} has version {_version(connection)} and needs"
                    f" {len(schema.MIGRATIONS)}: open it once where it can be written to"
                )
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into lookalike's."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "disk is full" in text:
            raise LibraryFullError(
                f"no space left for {path}: what was committed is kept; free some space, run again"
            ) from error
        if "locked" in text:
            raise LibraryLockedError(f"another process keeps {path} locked: try again") from error
        if "readonly" in text or "read-only" in text or "unable to open" in text:
            raise LibraryReadOnlyError(f"{path} can't be opened for writing: {text}") from error
        if "not a database" in text or "malformed" in text:
            raise LibraryDamagedError(
                f"{path} is not a lookalike library or is damaged ({text}): restore a copy, or"
                " delete it and index again"
            ) from error
        if "disk I/O error" in text:
            raise LibraryError(f"the disk of {path} gives errors: {text}") from error
        raise


@contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Be the only writer of a library, across threads, processes and machines that share its disk.

    The system frees the lock when the process ends, however it ends.

    Raises:
        LibraryLockedError: somebody else is writing.
        LibraryReadOnlyError: the disk can't be written to.
    """
    lock = FileLock(f"{path}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LibraryLockedError(
            f"another process is writing to {path}: wait until it ends (searching goes on)"
        ) from error
    except OSError as error:
        raise LibraryReadOnlyError(f"{path} can't be written to: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def _check_merged(path: Path) -> None:
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size > 0:
        raise LibraryUnmergedError(
            f"{log} holds changes that were never merged into {path.name}, and its disk can't be"
            " written to: open the library once where it can"
        )


def _check_header(path: Path, *, create: bool) -> None:
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


def _check_kind(connection: sqlite3.Connection, path: Path, *, create: bool) -> None:
    """Refuse other people's SQLite files and libraries of a newer lookalike."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != schema.APPLICATION_ID and (tables > 0 or not create):
        raise LibraryDamagedError(f"{path} is an SQLite file, but not a lookalike library")
    version = _version(connection)
    if version > len(schema.MIGRATIONS):
        raise LibraryVersionError(
            f"{path} was made by a newer lookalike (version {version}, this one knows"
            f" {len(schema.MIGRATIONS)}): upgrade lookalike"
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _set_journal(connection: sqlite3.Connection, path: Path) -> None:
    """Write-ahead log on local disks; a rollback journal on network drives, where it works."""
    network = is_network(path.parent)
    wanted = "truncate" if network else "wal"
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        connection.execute(f"PRAGMA journal_mode = {wanted}")
    # NORMAL with a write-ahead log: a power cut may lose the last commits, never the file.
    connection.execute(f"PRAGMA synchronous = {'FULL' if network else 'NORMAL'}")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Run the migrations that the file hasn't seen, all or none."""
    if _version(connection) == len(schema.MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been faster
        for number in range(version, len(schema.MIGRATIONS)):
            for statement in _statements(schema.MIGRATIONS[number]):
                connection.execute(statement)
        if version == 0:
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            connection.executemany(
                "INSERT INTO settings VALUES (?, ?)",
                [("uuid", uuid.uuid4().hex), ("generation", "0"), ("epoch", "0")],
            )
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: executescript() would commit on its own."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
