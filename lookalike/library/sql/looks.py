"""The tables of pairs that may be copies, and of what was decided about duplicates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lookalike.library.look_store import Look
from lookalike.library.records import ContentKey
from lookalike.library.sql.runs import Runs
from lookalike.library.verdict_store import Rejection, Settlement
from lookalike.types import ContentId

__all__ = ["Looks"]

_COLUMNS = "first, second, code, distance, wanted, looked, kind, agreement, found"
_PUT = (
    f"INSERT INTO looks ({_COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?"  # noqa: S608
    " WHERE EXISTS (SELECT 1 FROM contents WHERE id = ?)"
    " AND EXISTS (SELECT 1 FROM contents WHERE id = ?)"
    " ON CONFLICT (first, second) DO UPDATE SET wanted ="
    " CASE WHEN excluded.wanted > looks.wanted THEN excluded.wanted ELSE looks.wanted END"
)
_DIGEST = 32  # bytes of a key; the rest of it is the member


class Looks(Runs):
    """Duplicates: a part of :class:`~lookalike.library.sql.store.SqlStore`."""

    def put_pairs(self, pairs: Sequence[Look]) -> None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        with self._database.writing():
            self._database.execute_many(_PUT, [(*pair, *pair[:2]) for pair in pairs])

    def put_looks(self, looks: Sequence[Look]) -> None:
        with self._database.writing():
            self._database.execute_many(
                f"{_PUT}, looked = excluded.looked, kind = excluded.kind,"
                " agreement = excluded.agreement, found = excluded.found",
                [(*look, *look[:2]) for look in looks],
            )

    def looks(self) -> Iterator[Look]:
        sql = f"SELECT {_COLUMNS} FROM looks ORDER BY first, second"  # noqa: S608
        return map(Look._make, self._database.stream(sql))

    def drop_looks(self) -> None:
        with self._database.writing():
            self._database.execute("DELETE FROM looks")

    def repeated(self) -> Iterable[ContentId]:
        rows = self._database.stream(
            "SELECT content FROM pictures WHERE present = 1 GROUP BY content HAVING count(*) > 1"
            " ORDER BY content"
        )
        return (row[0] for row in rows)

    # What was decided

    def rejections(self) -> list[Rejection]:
        rows = self._database.fetch("SELECT first, second, made FROM rejected ORDER BY 1, 2")
        return [Rejection(_key(first), _key(second), made) for first, second, made in rows]

    def put_rejections(self, pairs: Sequence[Rejection]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "INSERT INTO rejected (first, second, made) VALUES (?, ?, ?)"
                " ON CONFLICT (first, second) DO NOTHING",
                [(_bytes(pair.first), _bytes(pair.second), pair.made) for pair in pairs],
            )

    def drop_rejections(self, pairs: Sequence[Rejection]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "DELETE FROM rejected WHERE first = ? AND second = ?",
                [(_bytes(pair.first), _bytes(pair.second)) for pair in pairs],
            )

    def settlements(self) -> list[Settlement]:
        rows = self._database.fetch("SELECT name, members, made FROM settled ORDER BY name")
        return [
            Settlement(
                name,
                {_key(bytes.fromhex(key)): count for key, count in json.loads(members)},
                made,
            )
            for name, members, made in rows
        ]

    def put_settlements(self, groups: Sequence[Settlement]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "INSERT INTO settled (name, members, made) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET members = excluded.members,"
                " made = excluded.made",
                [(group.group, _members(group.members), group.made) for group in groups],
            )

    def drop_settlements(self, groups: Sequence[str]) -> None:
        with self._database.writing():
            self._database.execute_many(
                "DELETE FROM settled WHERE name = ?", [(group,) for group in groups]
            )


def _members(members: Mapping[ContentKey, int]) -> str:
    return json.dumps([(_bytes(key).hex(), count) for key, count in sorted(members.items())])


def _bytes(key: ContentKey) -> bytes:
    return key.digest + key.member.encode()


def _key(kept: bytes) -> ContentKey:
    return ContentKey(kept[:_DIGEST], kept[_DIGEST:].decode())
