"""The tables of what waits for the end of a run, and of what became of files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from lookalike.library.records import Member
from lookalike.library.run_records import Change, Waiting
from lookalike.library.sql.listing import Listing

__all__ = ["Runs"]

_WAITING = "SELECT path, size, mtime_ns, members, silent FROM waiting"

# A setting: how many changes the last run made that changed anything.
CHANGES = "changes"


class Runs(Listing):
    """What a run leaves: a part of :class:`~lookalike.library.sql.store.SqlStore`."""

    def wait_for(self, waiting: Sequence[Waiting]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        with self._database.writing():
            self._database.execute_many(
                "INSERT INTO waiting (path, size, mtime_ns, members, silent)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET size = excluded.size,"
                " mtime_ns = excluded.mtime_ns, members = excluded.members,"
                " silent = excluded.silent",
                [
                    (os.fsencode(w.path), w.size, w.mtime_ns, json.dumps(w.members), int(w.silent))
                    for w in waiting
                ],
            )

    def waiting(self) -> Iterator[Waiting]:
        return map(_waiting, self._database.stream(f"{_WAITING} ORDER BY path"))

    def waiting_at(self, paths: Sequence[str]) -> dict[str, Waiting]:
        keys = [os.fsencode(path) for path in paths]
        rows = self._database.fetch_for(f"{_WAITING} WHERE path IN ({{keys}})", keys)
        return {found.path: found for found in map(_waiting, rows)}

    def drop_waiting(self) -> None:
        with self._database.writing():
            self._database.execute("DELETE FROM waiting")

    def put_changes(self, changes: Sequence[Change], count: int) -> None:
        with self._database.writing():
            self._database.execute("DELETE FROM changes")
            self._database.execute_many(
                "INSERT INTO changes (what, path, source) VALUES (?, ?, ?)",
                [
                    (
                        c.what,
                        os.fsencode(c.path),
                        None if c.source is None else os.fsencode(c.source),
                    )
                    for c in changes
                ],
            )
            self.put_setting(CHANGES, str(count))

    def changes(self) -> tuple[list[Change], int]:
        rows = self._database.fetch("SELECT what, path, source FROM changes ORDER BY id")
        found = [
            Change(what, os.fsdecode(path), None if source is None else os.fsdecode(source))
            for what, path, source in rows
        ]
        return found, int(self.setting(CHANGES) or 0)


def _waiting(row: tuple[Any, ...]) -> Waiting:
    path, size, mtime_ns, members, silent = row
    held = tuple(Member(name, content) for name, content in json.loads(members))
    return Waiting(os.fsdecode(path), size, mtime_ns, held, bool(silent))
