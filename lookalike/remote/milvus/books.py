"""Records by key in a collection of Milvus: what is looked up, listed by place, or neither."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from lookalike.remote.milvus.connection import Connection, Row, quoted
from lookalike.remote.milvus.forms import SPARE
from lookalike.sources.folders import bounds

__all__ = ["Book", "Record", "hashed", "hex_of", "path_of", "under"]

_PIECE: Final = 60_000  # letters; a field has room for 65,535 bytes
_LONG: Final = "\x01"  # begins the text of a record that is kept in pieces


class Record(NamedTuple):
    """What is kept under a key.

    Attributes:
        value: as JSON takes it; lone surrogates stay.
        place: hexadecimal, where records are listed by it.
    """

    value: Any
    place: str = ""


def hashed(text: str | bytes) -> str:
    """A key for what is too long, or holds what no expression can."""
    raw = os.fsencode(text) if isinstance(text, str) else text
    return hashlib.sha256(raw).hexdigest()


def hex_of(path: str) -> str:
    """A path as it is kept."""
    return os.fsencode(path).hex()


def path_of(digits: str) -> str:
    """The path that is kept as these digits."""
    return os.fsdecode(bytes.fromhex(digits))


def under(folder: str, field: str = "place") -> str:
    """An expression that is true of what lies in a folder and below."""
    low, high = (bound.hex() for bound in bounds(folder))
    return f'({field} >= "{low}" and {field} < "{high}")'


class Book:
    """The records of one kind in a collection of the form ``BOOK``.

    Args:
        connection: to the server.
        collection: its name.
        kind: of the records; several kinds share a collection.
    """

    def __init__(self, connection: Connection, collection: str, kind: str) -> None:
        self._connection, self._collection, self._kind = connection, collection, kind

    def get(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values of these keys; unknown ones are left out."""
        wanted = [self._key(key) for key in keys]
        rows = self._connection.of(self._collection, "key", wanted, ["key", "text"])
        return {self._short(row): self._value(row) for row in rows}

    def all(self, folder: str | None = None) -> Iterator[tuple[str, Any]]:
        """All records by key; with a folder those whose place is in it or below."""
        where = f'kind == "{self._kind}"'
        if folder is not None:
            where = f"{where} and {under(folder)}"
        for row in self._connection.scan(self._collection, "key", ["text"], where, rows=1_000):
            yield self._short(row), self._value(row)

    def put(self, records: Mapping[str, Record]) -> None:
        """Keep records, in place of those with the same keys."""
        rows: list[Row] = []
        for key, record in records.items():
            text = json.dumps(record.value, separators=(",", ":"))
            pieces = [text[n : n + _PIECE] for n in range(0, len(text), _PIECE)]
            if len(pieces) > 1:
                # The pieces first: a record that is there is whole.
                rows += [
                    self._row(f"{key}#{n}", piece, "", "piece") for n, piece in enumerate(pieces)
                ]
                text = f"{_LONG}{len(pieces)}"
            rows.append(self._row(key, text, record.place, self._kind))
        self._connection.upsert(self._collection, "key", rows)

    def drop(self, keys: Sequence[str]) -> None:
        """Forget records."""
        if keys:
            self._connection.delete(self._collection, "key", [self._key(key) for key in keys])

    def clear(self) -> None:
        """Forget all records of this kind."""
        self._connection.delete_where(self._collection, f'kind == "{self._kind}"')

    def _row(self, key: str, text: str, place: str, kind: str) -> Row:
        return {"key": self._key(key), "kind": kind, "place": place, "text": text, **SPARE}

    def _key(self, key: str) -> str:
        return f"{self._kind}:{key}"

    def _short(self, row: Row) -> str:
        return str(row["key"])[len(self._kind) + 1 :]

    def _value(self, row: Row) -> Any:
        text = row["text"]
        if not text.startswith(_LONG):
            return json.loads(text)
        keys = [f"{row['key']}#{n}" for n in range(int(text[1:]))]
        found = self._connection.query(self._collection, f"key in {quoted(keys)}", ["key", "text"])
        pieces = {piece["key"]: piece["text"] for piece in found}
        return json.loads("".join(pieces[key] for key in keys))
