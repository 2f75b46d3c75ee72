"""All that a library knows as rows that mean the same in every place.

A content is named by its bytes and member, an encoder by its slot and fingerprint: ids are of one
place only. A path is bytes, since names need not be UTF-8. Lists are JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

__all__ = ["FIXED", "Column", "Row", "Sum", "Table", "codes_table", "portions"]

Value: TypeAlias = bytes | str | int | float | None
Row: TypeAlias = tuple[Value, ...]
"""The values of one row, in the order of its table's columns."""

T = TypeVar("T")


class Column(NamedTuple):
    """One column.

    Attributes:
        name: of it.
        kind: of its values, where they aren't ``None``.
        width: of bytes that all have the same; 0 where they need not.
    """

    name: str
    kind: Literal["bytes", "text", "int", "float"]
    width: int = 0


class Table(NamedTuple):
    """What one table holds.

    Attributes:
        name: of it.
        columns: in their order.
        slot: of codes; empty for other tables.
        fingerprint: of the encoder whose codes these are; likewise.
    """

    name: str
    columns: tuple[Column, ...]
    slot: str = ""
    fingerprint: str = ""


def _columns(text: str) -> tuple[Column, ...]:
    kinds: dict[str, Literal["bytes", "text", "int", "float"]] = {
        "b": "bytes",
        "t": "text",
        "i": "int",
        "f": "float",
    }
    found = []
    for word in text.split():
        name, _, kind = word.partition(":")
        found.append(Column(name, kinds[kind[0]], int(kind[1:] or 0)))
    return tuple(found)


_SHOT = (
    "taken:t utc_offset:i camera:t lens:t software:t orientation:i latitude:f longitude:f"
    " altitude:f"
)
_CONTENT = "digest:b32 member:t"
_FILE = "path:b size:i mtime_ns:i"

# In the order in which they are written: what others refer to comes first.
_BEFORE: Final = (
    Table("settings", _columns("key:t value:t")),
    Table(
        "encoders",
        _columns(
            "slot:t fingerprint:t name:t origin:t bits:i embedding_size:i current:i card:t data:b"
        ),
    ),
    Table(
        "contents",
        _columns(
            f"{_CONTENT} format:t bytes:i width:i height:i members:i pixel_digest:b32 loss:t"
            f" {_SHOT}"
        ),
    ),
)
_AFTER: Final = (
    Table("files", _columns(f"{_FILE} present:i members:t")),
    # Behind the files, since what was left as it was is told by one of them.
    Table("folders", _columns("path:b exclude:t everything:i mounts:t offline:t")),
    Table("ledger", _columns(f"{_FILE} status:t reason:t cause:t context:t tried:i")),
    Table("waiting", _columns(f"{_FILE} members:t silent:i")),
    Table("changes", _columns("told:t count:i")),
    Table("rejected", _columns("first:b second:b made:t")),
    Table("settled", _columns("name:t members:t made:t")),
    Table(
        "looks",
        _columns("first:b second:b code:t distance:i wanted:i looked:i kind:t agreement:f found:t"),
    ),
    # Last: measured anew where anything before it changes the codes.
    Table("calibrations", _columns("slot:t fingerprint:t value:t")),
)

FIXED: Final = (_BEFORE, _AFTER)
"""The tables of every library: those before its codes, and those behind."""


def codes_table(slot: str, fingerprint: str, bits: int, embedding_size: int, parts: int) -> Table:
    """The table of one encoder's codes.

    Args:
        slot: of the encoder.
        fingerprint: likewise.
        bits: likewise.
        embedding_size: likewise.
        parts: how many parts of a picture have codes.
    """
    width = (bits + 7) // 8
    embedding = f"embedding:b{embedding_size}" if embedding_size else "embedding:b"
    return Table(
        f"codes-{slot}-{hashlib.sha256(fingerprint.encode()).hexdigest()[:12]}",
        _columns(f"{_CONTENT} code:b{width} {embedding} quality:i parts:b{parts * width} views:b"),
        slot,
        fingerprint,
    )


@dataclass(slots=True)
class Sum:
    """How many rows a table has, and a checksum of them that no order changes.

    Attributes:
        rows: how many.
        checksum: the sum of the rows' BLAKE2b digests of 128 bits, modulo 2 to the 128.
    """

    rows: int = 0
    checksum: int = field(default=0)

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows."""
        for row in rows:
            told = repr(row).encode("utf-8", "surrogatepass")
            digest = hashlib.blake2b(told, digest_size=16).digest()
            self.checksum = (self.checksum + int.from_bytes(digest)) & ((1 << 128) - 1)
            self.rows += 1

    def to_json(self) -> dict[str, int | str]:
        """As it is written down."""
        return {"rows": self.rows, "checksum": f"{self.checksum:032x}"}


def portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of so many; the last one may be shorter."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
