"""What a library knows, in one SQLite file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from lookalike.errors import LibraryError, LibraryNotFoundError, LibraryReadOnlyError
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.local import schema
from lookalike.library.local.connection import why_read_only, writer_lock
from lookalike.library.local.database import Database
from lookalike.library.local.files import UNDER
from lookalike.library.local.runs import Runs
from lookalike.library.records import Counts
from lookalike.library.run_records import LossEntry, Refusal
from lookalike.library.store import Capabilities
from lookalike.sources.folders import bounds

__all__ = ["LocalStore"]

_LEDGER = "SELECT path, size, mtime_ns, status, reason, cause, context, tried FROM ledger"


class LocalStore(Runs):
    """The :class:`~lookalike.library.store.Store` of a file; several processes may have it open.

    Args:
        path: of the file, absolute.
        create: make it where it is missing.
        read_only: never write; assumed where the disk can't be written to.

    Raises:
        LibraryError: of the kinds that :func:`lookalike.library.local.connection.connect` lists.
    """

    capabilities = Capabilities(durable=True, transactions=True, processes=True, read_only=True)

    def __init__(self, path: Path, *, create: bool = True, read_only: bool = False) -> None:
        super().__init__(Database(path, create=create, read_only=read_only))
        self.path = path
        self._opened = self.identity()

    @property
    def location(self) -> str:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        return str(self.path)

    @property
    def version(self) -> int:
        return len(schema.MIGRATIONS)

    @property
    def read_only(self) -> bool:
        return self._database.read_only

    @property
    def settled(self) -> float:
        """When this process last settled what it had written, by ``time.monotonic()``."""
        return self._database.merged

    def close(self) -> None:
        self._database.close()

    def writing(self) -> AbstractContextManager[None]:
        return self._database.writing()

    @contextmanager
    def run(self) -> Iterator[None]:
        if self.read_only:
            raise LibraryReadOnlyError(why_read_only(self.path))
        self._check_kept()
        self._check_alone()
        with writer_lock(self.path):
            yield
            self._check_kept()

    def _check_alone(self) -> None:
        """Refuse a file of several names: SQLite would keep a log beside each, and damage it."""
        names = self.path.stat().st_nlink
        if names > 1:
            raise LibraryError(
                f"{self.path} has {names} names (hard links), and changing it by one of them can"
                " damage it: copy it, and put the copy in its place"
            )

    def _check_kept(self) -> None:
        """Make sure that what was written can be found again."""
        try:
            kept = self.identity() == self._opened
        except LibraryNotFoundError:
            kept = False
        if not kept:
            raise LibraryNotFoundError(
                f"{self.path} was deleted or moved away while it was written to: what this run did"
                " went with it; run again"
            )

    def settle(self) -> None:
        self._database.merge()

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        self.stamp()  # says if it is closed
        # Here, not above: a search needs none of it.
        from lookalike.library.local.checking import check_file

        return check_file(self.path, progress)

    def identity(self) -> object:
        try:
            status = self.path.stat()
        except OSError as error:
            raise LibraryNotFoundError(
                f"there is no library at {self.path}: make one with 'lookalike index FOLDER'"
            ) from error
        return status.st_dev, status.st_ino

    def refused(self, paths: Sequence[str]) -> dict[str, Refusal]:
        sql = f"{_LEDGER} WHERE path IN ({{keys}})"
        rows = self._database.fetch_for(sql, [os.fsencode(path) for path in paths])
        return {refusal.path: refusal for refusal in map(_refusal, rows)}

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "INSERT OR REPLACE INTO ledger"
                " (path, size, mtime_ns, status, reason, cause, context, tried)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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
            " CROSS JOIN pictures ON pictures.content = contents.id"
            " CROSS JOIN files ON files.id = pictures.file"
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
            store_bytes=self.path.stat().st_size,
        )


def _refusal(row: tuple[Any, ...]) -> Refusal:
    return Refusal(os.fsdecode(row[0]), *row[1:])
