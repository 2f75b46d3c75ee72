"""What Pillow's reader leaves out of an AVIF file: its clean aperture and its coded colours.

Source: ISO/IEC 14496-12, sections 8.11 and 12.1; ISO/IEC 23008-12, section 9.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Properties", "primary_properties"]

_MOST_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Properties:
    """Of the primary picture.

    Attributes:
        crop: left, top, right and bottom of what is shown, before it is turned; ``None`` for all.
        colours: primaries and transfer by their numbers in ITU-T H.273; ``None`` without.
    """

    crop: tuple[int, int, int, int] | None = None
    colours: tuple[int, int] | None = None


def primary_properties(data: bytes) -> Properties:
    """Read them; what can't be understood is left out, as the reader does."""
    try:
        return _properties(data)
    except (struct.error, StopIteration, ZeroDivisionError, IndexError):
        return Properties()


def _properties(data: bytes) -> Properties:
    meta = next(body for kind, body in _boxes(data, 0, len(data)) if kind == b"meta")
    inside = dict(_boxes(data, meta[0] + 4, meta[1]))
    at = inside[b"pitm"][0] if b"pitm" in inside else None
    if at is None or b"iprp" not in inside:
        return Properties()
    (primary,) = struct.unpack_from(">I" if data[at] else ">H", data, at + 4)
    parts = list(_boxes(data, *inside[b"iprp"]))
    held = [box for kind, place in parts if kind == b"ipco" for box in _boxes(data, *place)]
    crop: tuple[int, int, int, int] | None = None
    colours: tuple[int, int] | None = None
    size: tuple[int, int] | None = None
    for kind, place in parts:
        if kind != b"ipma":
            continue
        for number in _associated(data, place[0], primary):
            if not 1 <= number <= len(held):
                continue
            name, (start, end) = held[number - 1]
            if name == b"ispe":
                size = struct.unpack_from(">II", data, start + 4)
            elif name == b"clap" and size is not None:
                crop = _crop(struct.unpack_from(">IIIIiIiI", data, start), size)
            elif name == b"colr" and data[start : start + 4] == b"nclx" and end - start >= 10:
                colours = struct.unpack_from(">HH", data, start + 4)
    return Properties(crop, colours)


def _crop(values: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The aperture in whole pixels; ``None`` where it is none, as other readers do."""
    width, height, across, down = (
        Fraction(values[i], values[i + 1]) for i in range(0, len(values), 2)
    )
    left = across + Fraction(size[0], 2) - width / 2
    top = down + Fraction(size[1], 2) - height / 2
    edges = (left, top, left + width, top + height)
    if any(edge.denominator != 1 for edge in edges):
        return None
    x0, y0, x1, y1 = (int(edge) for edge in edges)
    if not (0 <= x0 < x1 <= size[0] and 0 <= y0 < y1 <= size[1]):
        return None
    return None if (x0, y0, x1, y1) == (0, 0, *size) else (x0, y0, x1, y1)


def _associated(data: bytes, at: int, item: int) -> list[int]:
    """The numbers of an item's properties, in their order."""
    version, flags = data[at], data[at + 3]
    (entries,) = struct.unpack_from(">I", data, at + 4)
    at += 8
    for _ in range(min(entries, _MOST_BOXES)):
        (own,) = struct.unpack_from(">I" if version else ">H", data, at)
        at += 4 if version else 2
        count = data[at]
        wide = flags & 1
        numbers = struct.unpack_from(f">{count}{'H' if wide else 'B'}", data, at + 1)
        if own == item:
            return [number & (0x7FFF if wide else 0x7F) for number in numbers]
        at += 1 + count * (2 if wide else 1)
    return []


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The kind of each box, and where its content begins and ends."""
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        if length == 0:
            length = end - at
        if length < head or at + length > end:
            return
        yield kind, (at + head, at + length)
        at += length
