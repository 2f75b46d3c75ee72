"""Pairs that may be copies, and what was decided about duplicates: of a library in Milvus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from lookalike.library.look_store import Look
from lookalike.library.records import ContentKey
from lookalike.library.verdict_store import Rejection, Settlement
from lookalike.remote.milvus.books import Record, hashed
from lookalike.remote.milvus.connection import Row
from lookalike.remote.milvus.ledger import Ledger
from lookalike.types import ContentId

__all__ = ["Looks"]

_PORTION = 5_000


class Looks(Ledger):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`."""

    def put_pairs(self, pairs: Sequence[Look]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        with self.writing():
            self._put_looks(pairs, seen=False)

    def put_looks(self, looks: Sequence[Look]) -> None:
        with self.writing():
            self._put_looks(looks, seen=True)

    def _put_looks(self, looks: Sequence[Look], *, seen: bool) -> None:
        for start in range(0, len(looks), _PORTION):
            portion = looks[start : start + _PORTION]
            contents = {content for one in portion for content in (one.first, one.second)}
            rows = self._connection.of(self._of("contents"), "id", contents, ["id"])
            there = {row["id"] for row in rows}
            keys = [_key(one) for one in portion]
            rows = self._connection.of(self._of("looks"), "key", keys, ["first", "second", "text"])
            known = {(row["first"], row["second"]): _look(row) for row in rows}
            for one in portion:
                if one.first not in there or one.second not in there:
                    continue
                before = known.get((one.first, one.second), one)
                wanted = max(before.wanted, one.wanted)
                kept = before
                if seen:
                    kept = one._replace(code=before.code, distance=before.distance)
                known[one.first, one.second] = kept._replace(wanted=wanted)
            self._put("looks", [_row(one) for one in known.values()])

    def looks(self) -> Iterator[Look]:
        fields = ["first", "second", "text"]
        rows = self._connection.scan(self._of("looks"), "key", fields, rows=_PORTION)
        return map(_look, rows)

    def drop_looks(self) -> None:
        with self.writing():
            self._connection.delete_where(self._of("looks"), 'key >= ""')

    # What was decided

    def rejections(self) -> list[Rejection]:
        found = [
            Rejection(_content(first), _content(second), made)
            for _, (first, second, made) in self._book("decisions", "rejection").all()
        ]
        return sorted(found)

    def put_rejections(self, pairs: Sequence[Rejection]) -> None:
        with self.writing():
            book = self._book("decisions", "rejection")
            records = {_pair(one): one for one in reversed(pairs)}  # the first of a pair stays
            known = book.get(records)
            book.put(
                {
                    key: Record([_packed(one.first), _packed(one.second), one.made])
                    for key, one in records.items()
                    if key not in known
                }
            )

    def drop_rejections(self, pairs: Sequence[Rejection]) -> None:
        with self.writing():
            self._book("decisions", "rejection").drop([_pair(one) for one in pairs])

    def settlements(self) -> list[Settlement]:
        found = []
        for _, (group, members, made) in self._book("decisions", "settlement").all():
            counts = {_content(key): count for key, count in members}
            found.append(Settlement(group, counts, made))
        return sorted(found, key=lambda one: one.group)

    def put_settlements(self, groups: Sequence[Settlement]) -> None:
        records = {}
        for one in groups:
            members = [[_packed(key), count] for key, count in one.members.items()]
            records[hashed(one.group)] = Record([one.group, members, one.made])
        with self.writing():
            self._book("decisions", "settlement").put(records)

    def drop_settlements(self, groups: Sequence[str]) -> None:
        with self.writing():
            self._book("decisions", "settlement").drop([hashed(group) for group in groups])


def _key(look: Look) -> str:
    """Sorts as the pair does."""
    return f"{look.first:020d}-{look.second:020d}"


def _row(look: Look) -> Row:
    text = json.dumps(look[2:], separators=(",", ":"))
    return {"key": _key(look), "first": look.first, "second": look.second, "text": text}


def _look(row: Row) -> Look:
    return Look(ContentId(row["first"]), ContentId(row["second"]), *json.loads(row["text"]))


def _packed(key: ContentKey) -> list[str]:
    return [key.digest.hex(), key.member]


def _content(packed: Any) -> ContentKey:
    return ContentKey(bytes.fromhex(packed[0]), packed[1])


def _pair(one: Rejection) -> str:
    return hashed(json.dumps([_packed(one.first), _packed(one.second)]))
