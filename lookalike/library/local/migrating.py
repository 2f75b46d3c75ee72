"""Bringing the file of an older lookalike to this version."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

from lookalike.errors import LibraryDamagedError
from lookalike.library.local import schema

__all__ = ["migrate", "saved_copy", "version_of"]

_log = logging.getLogger("lookalike.migrating")  # whose lines the command line prints


def version_of(connection: sqlite3.Connection) -> int:
    """How many migrations a file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def saved_copy(path: Path, version: int) -> Path:
    """Where the file lies as it was at a version, before it was migrated from there."""
    return path.with_name(f"{path.name}.v{version}")


def migrate(connection: sqlite3.Connection, path: Path, *, copies: bool = True) -> None:
    """Run the migrations that the file hasn't seen, all or none.

    A file with something in it is copied first: the older lookalike can read the copy. It lies
    beside the library and may be deleted at any time. The caller holds the writer's lock; foreign
    keys are off.

    Args:
        connection: to the file.
        path: of the file.
        copies: whether the file is copied first.

    Raises:
        sqlite3.Error: the disk is full, or a migration fails; the file is as it was.
        LibraryDamagedError: its rows don't fit together.
    """
    version = version_of(connection)
    copy = None
    if copies and 0 < version < len(schema.MIGRATIONS):  # else another process was faster
        copy = saved_copy(path, version)
        _copy(connection, copy)
        _log.warning(
            "%s is brought from version %d to %d; as it was, it stays in %s",
            path,
            version,
            len(schema.MIGRATIONS),
            copy,
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)
        for number in range(version, len(schema.MIGRATIONS)):
            for statement in _statements(schema.MIGRATIONS[number]):
                connection.execute(statement)
        if version == 0:
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
            connection.executemany(
                "INSERT INTO settings VALUES (?, ?)",
                [("uuid", uuid.uuid4().hex), ("generation", "0"), ("epoch", "0")],
            )
        elif connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise LibraryDamagedError(
                f"{path} is damaged (rows refer to rows that aren't there): 'lookalike"
                " check-library --repair' saves what is sound"
            )
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy a library as it is now, with what is in its log, whole or not at all."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        copy = sqlite3.connect(partial, isolation_level=None)
        try:
            connection.backup(copy)
        finally:
            copy.close()
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: executescript() would commit on its own."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
