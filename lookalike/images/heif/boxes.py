"""The boxes that files of the ISO base media kind are made of (ISO/IEC 14496-12, section 4.2).

Whatever bytes come, reading ends: every box that is given is at least its own header long, and lies
within its parent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Box", "MalformedError", "Reader", "boxes", "pack_box", "pack_full_box"]

_HEADER = 8  # bytes: a length of 32 bits and a type
_LONG_HEADER = 16  # with a length of 64 bits
_MOST_BOXES = 10_000  # children of one parent that are looked at


class MalformedError(ValueError):
    """The bytes aren't what they should be; never more than a reason to do without them."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies in a file.

    Attributes:
        kind: its four letters.
        start: of its content, behind the header.
        end: behind its last byte.
    """

    kind: bytes
    start: int
    end: int


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes in ``data[start:end]``, one after the other.

    Raises:
        MalformedError: one reaches beyond ``end``, or there are more than 10,000.
    """
    for _ in range(_MOST_BOXES):
        if start == end:
            return
        if end - start < _HEADER:
            raise MalformedError("a box is cut")
        length, kind = struct.unpack_from(">I4s", data, start)
        header = _HEADER
        if length == 1:
            if end - start < _LONG_HEADER:
                raise MalformedError("a box is cut")
            (length,) = struct.unpack_from(">Q", data, start + _HEADER)
            header = _LONG_HEADER
        elif length == 0:  # to the end
            length = end - start
        if not header <= length <= end - start:
            raise MalformedError("a box is longer than what it is in, or shorter than its header")
        yield Box(kind, start + header, start + length)
        start += length
    raise MalformedError("too many boxes")


class Reader:
    """Reads whole numbers, most significant byte first, from a part of a file.

    Args:
        data: the file.
        start: first byte of the part.
        end: behind its last byte.
    """

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._end = min(end, len(data))
        self.at = start

    def number(self, size: int) -> int:
        """The next ``size`` bytes as a number; 0 of no bytes.

        Raises:
            MalformedError: there are fewer.
        """
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes.

        Raises:
            MalformedError: there are fewer.
        """
        if size < 0 or self._end - self.at < size:
            raise MalformedError("a box is cut")
        taken = self._data[self.at : self.at + size]
        self.at += size
        return taken

    def version(self) -> tuple[int, int]:
        """Version and flags, which full boxes begin with."""
        return self.number(1), self.number(3)


def pack_box(kind: bytes, *content: bytes) -> bytes:
    """A box of these parts."""
    return struct.pack(">I4s", _HEADER + sum(map(len, content)), kind) + b"".join(content)


def pack_full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """A box that begins with a version and flags."""
    return pack_box(kind, struct.pack(">I", version << 24 | flags), *content)
