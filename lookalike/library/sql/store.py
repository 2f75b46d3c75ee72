"""The tables of a library through the contract, in the SQL that all databases speak."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple
from typing import Any

from lookalike.library.records import Counts
from lookalike.library.run_records import LossEntry, Refusal
from lookalike.library.sql.files import UNDER
from lookalike.library.sql.looks import Looks
from lookalike.sources.folders import bounds

__all__ = ["SqlStore"]

_LEDGER = "SELECT path, size, mtime_ns, status, reason, cause, context, tried FROM ledger"


class SqlStore(Looks):
    """What of :class:`~lookalike.library.store.Store` is the same in every database.

    The database says what differs: how it is opened, locked and checked. Transactions that write
    have to come one after the other, so that ids grow in the order in which they are seen.

    Args:
        database: with the tables of ``library/local/schema.py``, by name and column.
    """

    # How tables are joined where the order of the text is the better one.
    _IN_ORDER = "JOIN"

    def writing(self) -> AbstractContextManager[None]:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        return self._database.writing()

    def _bytes(self) -> int:
        """What the library takes where it is kept."""
        raise NotImplementedError

    def refused(self, paths: Sequence[str]) -> dict[str, Refusal]:
        sql = f"{_LEDGER} WHERE path IN ({{keys}})"
        rows = self._database.fetch_for(sql, [os.fsencode(path) for path in paths])
        return {refusal.path: refusal for refusal in map(_refusal, rows)}

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "INSERT INTO ledger"
                " (path, size, mtime_ns, status, reason, cause, context, tried)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET"
                " size = excluded.size, mtime_ns = excluded.mtime_ns, status = excluded.status,"
                " reason = excluded.reason, cause = excluded.cause, context = excluded.context,"
                " tried = excluded.tried",
                [(os.fsencode(r.path), *astuple(r)[1:]) for r in refusals],
            )

    def unrefuse(self, paths: Sequence[str]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "DELETE FROM ledger WHERE path = ?", [(os.fsencode(path),) for path in paths]
            )

    def ledger(self, folder: str | None = None) -> Iterator[Refusal]:
        where, values = ("", []) if folder is None else (f"WHERE {UNDER}", bounds(folder))
        return map(_refusal, self._database.fetch(f"{_LEDGER} {where} ORDER BY path", values))

    def losses(self, folder: str | None = None) -> Iterator[LossEntry]:
        where, values = ("", []) if folder is None else (f"AND {UNDER}", bounds(folder))
        # In this order, since few contents have a loss.
        rows = self._database.fetch(
            "SELECT path, pictures.member, loss FROM contents"  # noqa: S608
            f" {self._IN_ORDER} pictures ON pictures.content = contents.id"
            f" {self._IN_ORDER} files ON files.id = pictures.file"
            f" WHERE loss <> '' AND present = 1 {where} ORDER BY path, position",
            values,
        )
        found: dict[str, LossEntry] = {}
        for path, member, loss in rows:
            entry = LossEntry(os.fsdecode(path), f"{member}: {loss}" if member else loss)
            found.setdefault(entry.path, entry)
        return iter(found.values())

    def counts(self) -> Counts:
        number = self._database.number
        return Counts(
            pictures=self.count_pictures(),
            distinct=number("SELECT count(DISTINCT content) FROM pictures WHERE present = 1"),
            missing=number("SELECT count(*) FROM pictures WHERE present = 0 AND position = 0"),
            store_bytes=self._bytes(),
        )


def _refusal(row: tuple[Any, ...]) -> Refusal:
    return Refusal(os.fsdecode(row[0]), *row[1:])
