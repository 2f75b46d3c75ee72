"""The tables that a library of some version has, asked of an empty one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cache

from lookalike.library.local import schema

__all__ = ["Column", "Table", "objects_of", "settings_of", "tables_of"]

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table.

    Attributes:
        name: of the column.
        type: INTEGER, REAL, TEXT or BLOB.
        needed: whether it may not be NULL.
    """

    name: str
    type: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Of a library.

    Attributes:
        name: of the table.
        columns: in their order.
        key: the columns that its rows lie in the order of; ``rowid`` for most.
        counts: whether ids that were given out are never given out again.
        parents: column, other table and its column, for each reference to another table.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    counts: bool
    parents: tuple[tuple[str, str, str], ...]


@cache
def _objects_and_tables(
    version: int,
) -> tuple[dict[str, tuple[str, str | None]], tuple[Table, ...], dict[str, str]]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript("".join(schema.MIGRATIONS[:version]))
        found = connection.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
        objects = {name: (kind, sql) for name, kind, sql in found}
        tables = [
            _table(connection, name, sql)
            for name, kind, sql in found
            if kind == "table" and not name.startswith("sqlite_")
        ]
        made = dict(connection.execute("SELECT key, value FROM settings"))
    finally:
        connection.close()
    return objects, tuple(_parents_first(tables)), made


def _table(connection: sqlite3.Connection, name: str, sql: str) -> Table:
    rows = connection.execute(f"PRAGMA table_info({name})").fetchall()
    keys = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    # A key of integers can't be NULL, though SQLite doesn't say so.
    columns = tuple(Column(row[1], row[2].upper(), bool(row[3] or row[5])) for row in rows)
    without = "WITHOUT ROWID" in sql.upper()
    parents = tuple(
        (row[3], row[2], row[4]) for row in connection.execute(f"PRAGMA foreign_key_list({name})")
    )
    return Table(
        name,
        columns,
        tuple(keys) if without else ("rowid",),
        "AUTOINCREMENT" in sql.upper(),
        parents,
    )


def _parents_first(tables: list[Table]) -> list[Table]:
    ordered: list[Table] = []
    while len(ordered) < len(tables):
        there = {table.name for table in ordered}
        ordered += [
            table
            for table in tables
            if table not in ordered and {other for _, other, _ in table.parents} <= there
        ]
    return ordered


def tables_of(version: int) -> tuple[Table, ...]:
    """The tables, those first that others refer to."""
    return _objects_and_tables(version)[1]


def objects_of(version: int) -> dict[str, tuple[str, str | None]]:
    """Tables and indexes by name: what they are, and the SQL that makes them."""
    return _objects_and_tables(version)[0]


def settings_of(version: int) -> dict[str, str]:
    """The settings that a new library has."""
    return _objects_and_tables(version)[2]
