"""Previews in a file of SQLite's beside the library."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from lookalike.library.local.cache_file import CacheFile
from lookalike.library.records import ContentKey

__all__ = ["LIMIT", "PreviewsFile", "previews_file"]

LIMIT = 4_000_000_000
"""Bytes of the file, after which no more is kept: some 300,000 previews. Features get half."""

# "LkPv": tells the file from any other of SQLite's.
_APPLICATION_ID = 0x4C6B5076
_VERSION = 1
_SCHEMA = """
CREATE TABLE previews (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    member TEXT NOT NULL,
    preview BLOB NOT NULL,
    features BLOB,
    UNIQUE (digest, member)
);
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_AT_ONCE = 400  # keys in one question
_PRUNED_AT_ONCE = 5_000


def previews_file(library: Path) -> Path:
    """Where a library's previews lie."""
    return library.with_name(f"{library.name}-previews")


class PreviewsFile:
    """Previews of one library; any number of threads may use it, and other processes beside it.

    Args:
        path: of the file; ``None`` to keep them in memory.
        read_only: never write.
        shared: whether the file is on a disk where a write-ahead log can be kept.
        limit: bytes, after which no more is kept.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        read_only: bool = False,
        shared: bool = True,
        limit: int = LIMIT,
    ) -> None:
        journal = "WAL" if shared else "TRUNCATE"
        self._file = CacheFile(
            path, _SCHEMA, _APPLICATION_ID, _VERSION, read_only=read_only, journal=journal
        )
        self._limit = limit
        self._features_kept: int | None = None

    @property
    def writable(self) -> bool:
        """Whether anything can be kept."""
        return self._file.writable

    def close(self) -> None:
        """Let go of the file; what is asked later has no previews."""
        self._file.close()

    @property
    def size(self) -> int:
        """What the file takes, its log included."""
        if self._file.path is None:
            return self._file.ask(lambda c: self._size(c), 0)
        found = 0
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                found += os.stat(f"{self._file.path}{ending}").st_size
        return found

    def count(self) -> tuple[int, int]:
        """How many previews there are, and how many of them have features."""
        sql = "SELECT count(*), count(features) FROM previews"
        return self._file.ask(lambda c: tuple(c.execute(sql).fetchone()), (0, 0))

    # Reading

    def get(self, keys: Iterable[ContentKey]) -> dict[ContentKey, tuple[bytes, bytes | None]]:
        """The previews (JPEG) and features of contents; those that aren't kept are left out."""
        wanted = list(dict.fromkeys(keys))
        return self._file.ask(lambda c: _get(c, wanted), {})

    # Writing

    def put(self, previews: Mapping[ContentKey, bytes]) -> None:
        """Keep previews; one that is there stays as it is, with its features."""
        rows = [(key.digest, key.member, jpeg) for key, jpeg in previews.items()]
        if rows and self.writable:
            sql = "INSERT OR IGNORE INTO previews (digest, member, preview) VALUES (?, ?, ?)"
            self._file.write(lambda c: self._room(c) and c.executemany(sql, rows))

    def put_features(self, features: Mapping[ContentKey, bytes]) -> None:
        """Keep features beside the previews that are there."""
        rows = [(held, key.digest, key.member) for key, held in features.items()]
        if rows and self.writable:
            sql = "UPDATE previews SET features = ? WHERE digest = ? AND member = ?"

            def write(connection: sqlite3.Connection) -> None:
                if self._room(connection) and self._room_for_features(connection, rows):
                    connection.executemany(sql, rows)

            self._file.write(write)

    def drop(self, keys: Iterable[ContentKey]) -> None:
        """Forget contents; their bytes are overwritten."""
        gone = [(key.digest, key.member) for key in keys]
        if gone and self.writable:
            sql = "DELETE FROM previews WHERE digest = ? AND member = ?"
            self._file.write(lambda c: c.executemany(sql, gone))
            self._checkpoint()

    def clear(self) -> None:
        """Forget all, and give the disk back what they took."""
        self._file.clear()
        self._features_kept = None

    def prune(
        self, state: str, known: Callable[[Sequence[ContentKey]], Sequence[object | None]]
    ) -> None:
        """Forget what the library has forgotten, unless nothing was since the last time.

        Args:
            state: changes whenever the library has forgotten anything; empty if it never did.
            known: for each key something, or ``None`` where the library doesn't know it.
        """
        path = self._file.path
        if not state or not self.writable or not (path is None or path.exists()):
            return
        sql = "SELECT value FROM state WHERE key = 'pruned'"
        if self._file.ask(lambda c: c.execute(sql).fetchone(), None) == (state,):
            return
        last, gone = 0, 0
        nothing: list[tuple[int, bytes, str]] = []
        while rows := self._file.ask(partial(_keys, after=last), nothing):
            last = rows[-1][0]
            keys = [ContentKey(digest, member) for _, digest, member in rows]
            there = known(keys)
            ids = [(row[0],) for row, content in zip(rows, there, strict=True) if content is None]
            gone += len(ids)
            if ids:
                self._file.write(partial(_forget, ids=ids))
        self._file.write(
            lambda c: c.execute("INSERT OR REPLACE INTO state VALUES ('pruned', ?)", (state,))
        )
        if gone:
            self._checkpoint()

    # Inside

    def _room(self, connection: sqlite3.Connection) -> bool:
        return self._size(connection) < self._limit

    def _room_for_features(
        self, connection: sqlite3.Connection, rows: Sequence[tuple[bytes, bytes, str]]
    ) -> bool:
        if self._features_kept is None:
            sql = "SELECT coalesce(sum(length(features)), 0) FROM previews"
            self._features_kept = int(connection.execute(sql).fetchone()[0])
        self._features_kept += sum(len(row[0]) for row in rows)
        return self._features_kept < self._limit // 2

    @staticmethod
    def _size(connection: sqlite3.Connection) -> int:
        pages, free, size = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _checkpoint(self) -> None:
        """Bring what was overwritten out of the log, too."""
        self._file.ask(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone(), None)


def _forget(connection: sqlite3.Connection, ids: Sequence[tuple[int]]) -> None:
    connection.executemany("DELETE FROM previews WHERE id = ?", ids)


def _keys(connection: sqlite3.Connection, after: int) -> list[tuple[int, bytes, str]]:
    sql = "SELECT id, digest, member FROM previews WHERE id > ? ORDER BY id LIMIT ?"
    return connection.execute(sql, (after, _PRUNED_AT_ONCE)).fetchall()


def _get(
    connection: sqlite3.Connection, keys: Sequence[ContentKey]
) -> dict[ContentKey, tuple[bytes, bytes | None]]:
    found: dict[ContentKey, tuple[bytes, bytes | None]] = {}
    wanted = set(keys)
    for start in range(0, len(keys), _AT_ONCE):
        digests = [key.digest for key in keys[start : start + _AT_ONCE]]
        marks = ",".join("?" * len(digests))
        sql = f"SELECT digest, member, preview, features FROM previews WHERE digest IN ({marks})"  # noqa: S608
        for digest, member, preview, features in connection.execute(sql, digests):
            key = ContentKey(digest, member)
            if key in wanted:
                found[key] = preview, features
    return found
