"""Libraries of codes without pictures, and ways to damage their files."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

from contract import fill, random_codes

from lookalike.library.opening import open_library
from lookalike.library.records import Folder
from lookalike.library.run_records import Refusal

__all__ = ["make", "overwrite", "pages", "rows", "sql", "tables"]


def make(path: Path, count: int = 400) -> Path:
    """A library of so many files with codes of both slots, two folders and a ledger."""
    store, engine = open_library(path, create=True, read_only=False)
    photo, _ = fill(store, random_codes(count))
    store.put_setting("parts", "0")
    pdq, _ = fill(store, random_codes(count, seed=1), slot="pdq")
    store.put_folder(Folder("/p", ("*.gif",)))
    store.put_folder(Folder("/q", ()))
    store.refuse(
        [Refusal(f"/p/bad-{n:04}.txt", n, n, "skipped", "no picture " * 9) for n in range(count)]
    )
    engine.prepare([photo, pdq])
    engine.close()
    store.close()
    return path


def pages(path: Path) -> dict[int, str]:
    """Of every page the table or index that it belongs to; needs SQLite's dbstat."""
    with sqlite3.connect(path) as raw:
        found = dict(raw.execute("SELECT pageno, name || ' ' || pagetype FROM dbstat").fetchall())
    raw.close()
    return found


def overwrite(path: Path, page: int, *, start: int = 0, size: int = 4096, seed: int = 0) -> None:
    """Put noise in the place of some bytes of a page; pages count from 1."""
    with path.open("rb+") as file:
        file.seek((page - 1) * 4096 + start)
        file.write(random.Random(seed).randbytes(size))


def sql(path: Path, *statements: str) -> None:
    """Change a library as no lookalike would."""
    raw = sqlite3.connect(path)
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def tables(path: Path) -> list[str]:
    raw = sqlite3.connect(path)
    found = raw.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    raw.close()
    return [row[0] for row in found]


def rows(path: Path) -> dict[str, set[Any]]:
    """All rows of all tables, but for settings that a repair makes anew."""
    raw = sqlite3.connect(path)
    raw.text_factory = bytes
    found = {table: set(raw.execute(f"SELECT * FROM {table}").fetchall()) for table in tables(path)}
    raw.close()
    found["settings"] = {
        row for row in found["settings"] if row[0] not in (b"uuid", b"generation", b"epoch")
    }
    return found
