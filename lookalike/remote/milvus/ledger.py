"""What a run leaves beside the files: of a library in Milvus."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Any

from lookalike.library.records import Member
from lookalike.library.run_records import Change, LossEntry, Refusal, Waiting
from lookalike.remote.milvus.books import Record, hashed, hex_of, path_of, under
from lookalike.remote.milvus.contents import loss_of
from lookalike.remote.milvus.listing import Listing
from lookalike.types import ContentId

__all__ = ["Ledger"]


class Ledger(Listing):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`."""

    # What waits, and what became of files

    def wait_for(self, waiting: Sequence[Waiting]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        records = {hashed(one.path): Record(list(one), hex_of(one.path)) for one in waiting}
        with self.writing():
            self._book("ledger", "waiting").put(records)

    def waiting(self) -> Iterator[Waiting]:
        found = [_waiting(value) for _, value in self._book("ledger", "waiting").all()]
        return iter(sorted(found, key=lambda one: os.fsencode(one.path)))

    def waiting_at(self, paths: Sequence[str]) -> dict[str, Waiting]:
        found = self._book("ledger", "waiting").get(map(hashed, paths))
        return {one.path: one for one in map(_waiting, found.values())}

    def drop_waiting(self) -> None:
        with self.writing():
            self._book("ledger", "waiting").clear()

    def put_changes(self, changes: Sequence[Change], count: int) -> None:
        told = [[change.what, change.path, change.source] for change in changes]
        with self.writing():
            self._book("meta", "changes").put({"last": Record([told, count])})

    def changes(self) -> tuple[list[Change], int]:
        told, count = self._book("meta", "changes").get(["last"]).get("last", ([], 0))
        return [Change(*one) for one in told], count

    # The ledger

    def refused(self, paths: Sequence[str]) -> dict[str, Refusal]:
        found = self._book("ledger", "refusal").get(map(hashed, paths))
        return {one.path: one for one in (Refusal(*value) for value in found.values())}

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        records = {hashed(one.path): Record(astuple(one), hex_of(one.path)) for one in refusals}
        with self.writing():
            self._book("ledger", "refusal").put(records)

    def unrefuse(self, paths: Sequence[str]) -> None:
        with self.writing():
            self._book("ledger", "refusal").drop([hashed(path) for path in paths])

    def ledger(self, folder: str | None = None) -> Iterator[Refusal]:
        found = [Refusal(*value) for _, value in self._book("ledger", "refusal").all(folder)]
        return iter(sorted(found, key=lambda one: os.fsencode(one.path)))

    def losses(self, folder: str | None = None) -> Iterator[LossEntry]:
        lost = dict(self._lossy())
        where = " and shown == true"
        if folder is not None:
            where += f" and {under(folder, 'path')}"
        rows = self._rows("content", lost, where)
        found: dict[str, LossEntry] = {}
        for row in sorted(rows, key=lambda row: (row["path"], row["place"])):
            loss, name = lost[ContentId(row["content"])], row["name"]
            entry = LossEntry(path_of(row["path"]), f"{name}: {loss}" if name else loss)
            found.setdefault(row["path"], entry)
        return iter(found.values())

    def _lossy(self) -> Iterator[tuple[ContentId, str]]:
        """The contents of which something is lost, and what."""
        where = "lossy == true"
        for row in self._connection.scan(self._of("contents"), "id", ["text"], where):
            yield ContentId(row["id"]), loss_of(row)


def _waiting(value: list[Any]) -> Waiting:
    path, size, mtime_ns, members, silent = value
    held = tuple(Member(name, ContentId(content)) for name, content in members)
    return Waiting(path, size, mtime_ns, held, silent)
