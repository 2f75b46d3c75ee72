"""A new file from what is sound in a damaged one, in its place at the end, whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from contextlib import closing, suppress
from pathlib import Path

from lookalike.errors import LibraryDamagedError, LibraryReadOnlyError
from lookalike.library import mapped
from lookalike.library.checking import OnCheck, Problem, Saved
from lookalike.library.local import schema
from lookalike.library.local.checking import check_file, library_version, reading
from lookalike.library.local.connection import is_read_only, writer_lock
from lookalike.library.local.errors import translated
from lookalike.library.local.exchanging import check_room, exchange, fenced
from lookalike.library.local.header import how_to_delete
from lookalike.library.local.migrating import migrate
from lookalike.library.local.rules import add_functions, rules_of
from lookalike.library.local.salvage import Salvage
from lookalike.library.local.shape import Table, settings_of, tables_of

__all__ = ["repair"]

_PORTION = 1_000  # rows between two calls of a progress callback


def repair(
    path: Path, progress: OnCheck | None = None
) -> tuple[tuple[Problem, ...], Path | None, tuple[Saved, ...]]:
    """Check a file, and repair it if it is damaged, while nobody else updates it.

    Returns:
        What was wrong with the file, where it lies as it was, and what became of its tables.

    Raises:
        LibraryError: as for :func:`_repair_file`; or it can't be written to.
    """
    with closing(reading(path)):  # says what it is, if it isn't a library
        pass
    if is_read_only(path):
        raise LibraryReadOnlyError(
            f"{path} can't be written to: copy it to where it can, and repair the copy"
        )
    with writer_lock(path):
        wrong = tuple(p for p in check_file(path, progress) if not p.harmless)
        if not wrong:
            return (), None, ()
        damaged, saved = _repair_file(path, progress)
        return wrong, damaged, saved


def _repair_file(path: Path, progress: OnCheck | None = None) -> tuple[Path, tuple[Saved, ...]]:
    """Make a library's file anew from what is sound in it; the caller holds the writer's lock.

    The new library has another uuid, so that no cache of the old one fits it.

    Args:
        path: of the file.
        progress: called now and then.

    Returns:
        Where the file lies as it was, and what became of its tables.

    Raises:
        LibraryDamagedError: nothing can be saved; all is as it was.
        LibraryFullError: there is too little room for the new file.
        LibraryLockedError: another program is writing.
    """
    check_room(path)
    new = path.with_name(f"{path.name}.repaired.partial")
    new.unlink(missing_ok=True)
    try:
        with fenced(path) as old:
            version = library_version(old, path)
            if version is None:
                raise LibraryDamagedError(
                    f"{path} is damaged where it lists its tables, and nothing can be saved: "
                    f"restore a copy, or {how_to_delete(path)}"
                )
            with translated(new):
                saved = _rebuild(old, new, version, progress)
        wrong = [p for p in check_file(new, progress) if not p.harmless]
        if wrong:
            raise LibraryDamagedError(
                f"{path} can't be repaired ({wrong[0].where}: {wrong[0].what}): restore a copy, or "
                f"{how_to_delete(path)}"
            )
        shutil.copymode(path, new)
        with suppress(OSError, AttributeError):  # only root may, and Windows has no owners
            os.chown(new, path.stat().st_uid, path.stat().st_gid)
        damaged = exchange(path, new)
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            Path(f"{new}{ending}").unlink(missing_ok=True)
    mapped.delete(path)
    return damaged, saved


def _rebuild(
    old: sqlite3.Connection, new: Path, version: int, progress: OnCheck | None
) -> tuple[Saved, ...]:
    with closing(sqlite3.connect(new, isolation_level=None)) as target:
        add_functions(target)
        # Nobody sees the file before it is complete and on the disk.
        target.execute("PRAGMA journal_mode = OFF")
        target.execute("PRAGMA synchronous = OFF")
        target.executescript("".join(schema.MIGRATIONS[:version]))
        target.execute("DELETE FROM settings")
        target.execute("BEGIN")
        read, unread = {}, {}
        for table in tables_of(version):
            read[table.name], unread[table.name] = _copy(old, target, table, progress)
        _count_on(old, target, version)
        _leave_out(target, version)
        _settle_settings(target, version)
        target.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        target.execute(f"PRAGMA user_version = {version}")
        target.execute("COMMIT")
        if version < len(schema.MIGRATIONS):
            migrate(target, new, copies=False)
            _leave_out(target, len(schema.MIGRATIONS))
        kept = {
            table.name: target.execute(
                f"SELECT count(*) FROM {table.name}"  # noqa: S608
            ).fetchone()[0]
            for table in tables_of(version)
        }
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    return tuple(
        Saved(name, kept[name], max(0, read[name] - kept[name]), unread[name])
        for name in kept
        if name != "settings"
    )


def _copy(
    old: sqlite3.Connection, target: sqlite3.Connection, table: Table, progress: OnCheck | None
) -> tuple[int, int]:
    """Copy what can be read of one table.

    Returns:
        Rows that were read, and places that couldn't be.
    """
    there = _columns(old, table)
    columns = [column.name for column in table.columns if column.name in there]
    if not columns:
        return 0, 1
    prefixes: list[tuple[object, ...]] = [()]
    if len(table.key) == 2:
        _, other, column = next(p for p in table.parents if p[0] == table.key[0])
        sql = f"SELECT {column} FROM {other}"  # noqa: S608
        prefixes = target.execute(sql).fetchall()
    last = _last(old, table)
    salvage = Salvage(old, table, columns, _most(old) if last is None else last)
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
    count = 0
    for row in salvage.rows(prefixes):
        count += 1
        # A value of a type that its column doesn't take is left out by a rule, later.
        with suppress(sqlite3.IntegrityError, sqlite3.InterfaceError):
            target.execute(insert, row)
        if progress is not None and count % _PORTION == 0:
            progress(f"saving {table.name}", count)
    return count, salvage.unread


def _columns(old: sqlite3.Connection, table: Table) -> set[str]:
    try:
        return {row[1] for row in old.execute(f"PRAGMA table_info({table.name})")}
    except sqlite3.DatabaseError:
        return set()


def _last(old: sqlite3.Connection, table: Table) -> int | None:
    """The greatest id that a table ever gave out, if it is known."""
    with suppress(sqlite3.DatabaseError):
        row = old.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table.name]).fetchone()
        if row is not None and isinstance(row[0], int):
            return row[0]
    return None


def _most(old: sqlite3.Connection) -> int:
    """More rows than can be in the file."""
    pages, size = (old.execute(f"PRAGMA page_{name}").fetchone()[0] for name in ("count", "size"))
    return int(pages) * int(size) // 8


def _count_on(old: sqlite3.Connection, target: sqlite3.Connection, version: int) -> None:
    """Ids that were given out once are never given out again."""
    for table in tables_of(version):
        if table.counts:
            last = target.execute(
                f"SELECT coalesce(max(id), 0) FROM {table.name}"  # noqa: S608
            ).fetchone()[0]
            last = max(last, _last(old, table) or 0)
            target.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table.name])
            target.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", [table.name, last])


def _leave_out(target: sqlite3.Connection, version: int) -> None:
    """Leave out what is wrong, and then what refers to that, until nothing is left to do."""
    rules = rules_of(version)
    changed = True
    while changed:
        before = target.total_changes
        for rule in rules:
            if rule.clear:
                emptied = ", ".join(f"{name} = NULL" for name in rule.clear)
                target.execute(
                    f"UPDATE {rule.table} SET {emptied} WHERE {rule.broken}"  # noqa: S608
                )
            else:
                target.execute(f"DELETE FROM {rule.table} WHERE {rule.broken}")  # noqa: S608
        for table in tables_of(version):
            for column, other, key in table.parents:
                target.execute(
                    f"DELETE FROM {table.name} WHERE {column} NOT IN"  # noqa: S608
                    f" (SELECT {key} FROM {other})"
                )
        changed = target.total_changes > before


def _settle_settings(target: sqlite3.Connection, version: int) -> None:
    put = "INSERT OR IGNORE INTO settings VALUES (?, ?)"
    fresh = {"generation": "0", "epoch": "0", **settings_of(version)}
    target.execute(
        "DELETE FROM settings WHERE key IN ('generation', 'epoch') AND value GLOB '*[^0-9]*'"
    )
    target.executemany(put, fresh.items())
    target.execute("UPDATE settings SET value = value + 1 WHERE key IN ('generation', 'epoch')")
    target.execute("INSERT OR REPLACE INTO settings VALUES ('uuid', ?)", [uuid.uuid4().hex])
