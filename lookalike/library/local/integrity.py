"""What SQLite says of damaged pages and indexes, in plain words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from lookalike.library.checking import Problem

__all__ = ["integrity_problems"]

_MOST = 1000  # lines that SQLite is asked for

# sqlite.org/pragma.html#pragma_integrity_check; the wording of trees changed with SQLite 3.42.
_TREE = re.compile(r"^(?:On tree page|Tree|Page) (\d+)(?!.* is never used)")
_INDEX = re.compile(
    r"missing from index (\S+)|# of entries in index (\S+)|entry in index (\S+)|of index (\S+)"
)
_COLUMN = re.compile(r"(?:value in|missing from|constraint failed in) (\w+)")

_PARTIAL = "SELECT name, partial FROM pragma_index_list(?)"

_TABLE_REMEDY = (
    "--repair makes a new file from the rows that can be read; the next index makes the others anew"
)
_INDEX_REMEDY = "--repair makes it anew from its table, and no row is lost by it"


def integrity_problems(connection: sqlite3.Connection) -> Iterator[Problem]:
    """All faults of pages, tables and indexes, one problem for each table or index."""
    try:
        known = _roots(connection)
        lines = [
            line
            for row in connection.execute(f"PRAGMA integrity_check({_MOST})")
            for line in str(row[0]).splitlines()
        ]
    except (sqlite3.DatabaseError, MemoryError) as error:
        # SQLite gave up, and doesn't say where.
        named = list(_unreadable(connection))
        yield from named or [Problem("file", f"damaged pages ({error})", 0, _TABLE_REMEDY)]
        return
    if lines == ["ok"]:
        return
    found: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("***"):
            found.setdefault(_where(line, known), []).append(line)
    if len(found) > 1 and all("never used" in line for line in found.get("file", [])):
        found.pop("file", None)  # pages that nobody reaches any more, for what the others say
    for where, told in found.items():
        damaged = any(_TREE.match(line) or "malformed" in line.lower() for line in told)
        if where.startswith("index "):
            what = "damaged pages" if damaged else "entries that don't fit its table"
            yield Problem(where, f"{what} ({told[0]})", len(told), _INDEX_REMEDY)
        elif where.startswith("table "):
            what = "damaged pages" if damaged else "rows that break its rules"
            yield Problem(where, f"{what} ({told[0]})", len(told), _TABLE_REMEDY)
        else:
            yield Problem(where, f"damaged pages ({told[0]})", len(told), _TABLE_REMEDY)


def _unreadable(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Tables and indexes that can't be read from end to end."""
    try:
        rows = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index')"
        ).fetchall()
    except sqlite3.DatabaseError:
        return
    for kind, name, table, made in rows:
        try:
            if kind == "table":
                sql = f'SELECT count(*) FROM "{name}" NOT INDEXED'  # noqa: S608
            else:
                columns = connection.execute(f'PRAGMA index_info("{name}")').fetchall()
                partial = dict(connection.execute(_PARTIAL, [table]))
                if not columns or name not in partial:
                    yield Problem(f"index {name}", "not known to its table", 0, _INDEX_REMEDY)
                    continue
                column = columns[0][2]
                # A bare count would be had from the smallest index.
                sql = f'SELECT sum({column} IS NULL) FROM "{table}" INDEXED BY "{name}"'  # noqa: S608
                if partial[name]:
                    sql += f" WHERE {made.partition(' WHERE ')[2]}"
            connection.execute(sql).fetchall()
        except (sqlite3.DatabaseError, MemoryError) as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_ERROR:
                remedy = _TABLE_REMEDY if kind == "table" else _INDEX_REMEDY
                yield Problem(f"{kind} {name}", f"damaged pages ({error})", 0, remedy)


def _roots(connection: sqlite3.Connection) -> dict[str, str]:
    """What is at which first page, and what has which name."""
    rows = connection.execute("SELECT type, name, rootpage FROM sqlite_master").fetchall()
    found = {}
    for kind, name, root in rows:
        found[str(root)] = found[str(name)] = f"{kind} {name}"
    return found


def _where(line: str, known: dict[str, str]) -> str:
    tree, index = _TREE.match(line), _INDEX.search(line)
    if index is not None:
        name = next(filter(None, index.groups()))
        return known.get(name, f"index {name}")
    if tree is not None:
        return known.get(tree[1], "file")
    column = _COLUMN.search(line)
    return known.get(column[1], "file") if column is not None else "file"
