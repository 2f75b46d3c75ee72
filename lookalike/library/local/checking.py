"""Whether a library's file is sound, asked of the file itself: also where it can't be opened."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lookalike.errors import LibraryDamagedError, LibraryNotFoundError, LibraryVersionError
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.local import schema
from lookalike.library.local.connection import is_there, opened, tidy
from lookalike.library.local.errors import newer, no_library, translated
from lookalike.library.local.header import check_file_header, how_to_delete
from lookalike.library.local.integrity import integrity_problems
from lookalike.library.local.migrating import version_of
from lookalike.library.local.rules import INDEXED_ANEW, add_functions, notes_of, rules_of
from lookalike.library.local.shape import objects_of, settings_of, tables_of

__all__ = ["check_file", "lenient", "library_version", "reading"]

# Instructions of SQLite's machine between two calls of a progress callback: some milliseconds.
_PACE = 1_000_000

_NOTHING_LEFT = "nothing can be saved without it: restore a copy of the file, or "


def reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads, and refuses nothing that is damaged.

    Raises:
        LibraryError: there is no file, or it is something else.
    """
    if not is_there(path):
        raise LibraryNotFoundError(no_library(path))
    check_file_header(path, create=False)
    with translated(path):
        connection = opened(path, read_only=True)
    lenient(connection)
    return connection


def lenient(connection: sqlite3.Connection) -> None:
    """Let a connection read what it can of a damaged file."""
    connection.text_factory = _text
    # A definition that can't be understood shall not hide all the others.
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("PRAGMA cell_size_check = ON")


def _text(raw: bytes) -> str | bytes:
    """Text that isn't UTF-8 stays bytes."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def library_version(connection: sqlite3.Connection, path: Path) -> int | None:
    """The version of a library that may be damaged; ``None`` if its list of tables can't be read.

    Raises:
        LibraryDamagedError: it isn't a library.
        LibraryVersionError: a newer lookalike made it.
        LibraryError: it can't be read at all.
    """
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = version_of(connection)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            return None
        with translated(path):
            raise
    if application != schema.APPLICATION_ID and not {"settings", "contents", "codes"} <= tables:
        raise LibraryDamagedError(f"{path} is an SQLite file, but not a lookalike library")
    if version > len(schema.MIGRATIONS):
        raise LibraryVersionError(newer(path, version))
    return version if version > 0 and tables else None


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def check_file(path: Path, progress: OnCheck | None = None) -> Iterator[Problem]:
    """All that is wrong with a file, and what is worth a word.

    Others may go on writing: what is checked is the state of one moment.

    Args:
        path: of the file.
        progress: called now and then.

    Raises:
        LibraryError: there is none, it is something else, or it can't be read at all.
    """
    try:
        with closing(reading(path)) as connection:
            add_functions(connection)
            version = library_version(connection, path)
            if version is None:
                remedy = f"{_NOTHING_LEFT}{how_to_delete(path)}"
                yield Problem("file", "the list of its tables is damaged", 0, remedy)
                return
            check = _Check(connection, path, version, progress)
            yield from check.problems()
    finally:
        tidy(path)
    yield from _beside(path)


class _Check:
    """Of one connection.

    Args:
        connection: to the file.
        path: of the file.
        version: of the library.
        progress: called now and then.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, version: int, progress: OnCheck | None
    ) -> None:
        self._connection, self._path, self._version = connection, path, version
        self._stage, self._steps = "", 0
        self._damaged: set[str] = set()
        if progress is not None:
            told = progress

            def pace() -> int:
                self._steps += 1
                told(self._stage, self._steps)
                return 0

            connection.set_progress_handler(pace, _PACE)

    def problems(self) -> Iterator[Problem]:
        connection = self._connection
        try:
            connection.execute("BEGIN")
        except sqlite3.DatabaseError as error:
            remedy = f"{_NOTHING_LEFT}{how_to_delete(self._path)}"
            yield Problem("file", f"it can't be read ({error})", 0, remedy)
            return
        self._begin("pages and indexes")
        for problem in (*integrity_problems(connection), *self._shape()):
            self._damaged.add(problem.where)
            yield problem
        self._begin("references")
        yield from self._references()
        for rule in rules_of(self._version):
            self._begin(f"table {rule.table}")
            # The names are those of the schema, not of a user.
            sql = f"SELECT count(*) FROM {rule.table} NOT INDEXED WHERE {rule.broken}"  # noqa: S608
            count, unreadable = self._count(f"table {rule.table}", sql)
            if unreadable is not None:
                yield unreadable
            if count:
                yield Problem(f"table {rule.table}", rule.what, count, rule.remedy)
        if self._version != len(schema.MIGRATIONS):
            yield Problem(
                "file",
                f"version {self._version}, of which not everything is checked",
                0,
                "any command that opens it brings it up to date; then check again",
                harmless=True,
            )
            return
        yield from self._settings()
        for where, what, sql, remedy in notes_of():
            self._begin(where)
            count, _ = self._count(where, sql)
            if count:
                yield Problem(where, what, count, remedy, harmless=True)

    def _begin(self, stage: str) -> None:
        self._stage, self._steps = stage, 0

    def _count(self, where: str, sql: str) -> tuple[int, Problem | None]:
        """A count, and the problem that it can't be had, unless other damage says so already."""
        try:
            return int(self._connection.execute(sql).fetchone()[0]), None
        except (sqlite3.DatabaseError, MemoryError) as error:
            if self._damaged:
                return 0, None
            self._damaged.add(where)
            what = f"it can't be read to its end ({error})"
            return 0, Problem(where, what, 0, INDEXED_ANEW)

    def _shape(self) -> Iterator[Problem]:
        """Tables and indexes that are not as this version has them."""
        try:
            rows = self._connection.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
        except sqlite3.DatabaseError:
            return  # which the check of pages has said
        there = {name: (kind, sql) for name, kind, sql in rows}
        for name, (kind, sql) in objects_of(self._version).items():
            if name not in there:
                what, remedy = "missing", INDEXED_ANEW if kind == "table" else "--repair makes it"
                yield Problem(f"{kind} {name}", what, 0, remedy)
            elif _words(there[name][1]) != _words(sql):
                what = "not as this version of lookalike makes it"
                yield Problem(f"{kind} {name}", what, 0, "--repair makes it anew")

    def _references(self) -> Iterator[Problem]:
        try:
            broken = Counter(
                (row[0], row[2]) for row in self._connection.execute("PRAGMA foreign_key_check")
            )
        except (sqlite3.DatabaseError, MemoryError) as error:
            if not self._damaged:
                yield Problem("file", f"references can't be read ({error})", 0, INDEXED_ANEW)
            return
        for (table, other), count in sorted(broken.items()):
            what = f"rows that refer to {other} that aren't there"
            yield Problem(f"table {table}", what, count, INDEXED_ANEW)

    def _settings(self) -> Iterator[Problem]:
        try:
            found = dict(self._connection.execute("SELECT key, value FROM settings"))
        except sqlite3.DatabaseError:
            return
        wanted = {"uuid", "generation", "epoch", *settings_of(self._version)}
        lacking = sorted(wanted - set(found))
        wrong = [k for k in ("generation", "epoch") if not _is_number(found.get(k, "0"))]
        if lacking or wrong:
            what = f"settings that are missing or wrong: {', '.join([*lacking, *wrong])}"
            remedy = "--repair sets them as in a new library"
            yield Problem("table settings", what, len(lacking) + len(wrong), remedy)
        for table in tables_of(self._version):
            if table.counts:
                sql = (
                    f"SELECT count(*) FROM {table.name} WHERE id >"  # noqa: S608
                    f" coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = '{table.name}'),"
                    " 0)"
                )
                count, _ = self._count("table sqlite_sequence", sql)
                if count:
                    what = f"ids of {table.name} that could be given out twice"
                    yield Problem("table sqlite_sequence", what, count, "--repair counts anew")


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()


def _words(sql: object) -> object:
    """SQL without its blanks, and without the quotes that renaming puts around a table's name."""
    return "".join(sql.split()).replace('"', "") if isinstance(sql, str) else sql


def _beside(path: Path) -> Iterator[Problem]:
    """Files that were left beside a library."""
    try:
        names = sorted(os.listdir(path.parent))
    except OSError:
        return
    for name in names:
        rest = name.removeprefix(path.name)
        if rest == name or not rest.startswith("."):
            continue
        if rest.endswith(".partial"):
            what = "what a run that was killed left behind"
        elif rest.startswith(".damaged") and not rest.endswith("-wal"):
            what = "the file as it was before a repair"
        elif rest[:2] == ".v" and rest[2:].isdecimal():
            what = "the file as it was before lookalike was updated"
        else:
            continue
        yield Problem(f"beside it: {name}", what, 0, "it may be deleted", harmless=True)
