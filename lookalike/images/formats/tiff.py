"""TIFF and BigTIFF, with pages."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lookalike.images.formats.format import MOST_MEMBERS, Format
from lookalike.images.formats.raw import is_raw_tiff

if TYPE_CHECKING:
    from PIL import Image

    from lookalike.types import Limits

__all__ = ["FORMAT"]

_SUBFILE_TYPE, _OLD_SUBFILE_TYPE = 254, 255
_MOST_ENTRIES = 200  # of a directory that are looked at; the two tags are the lowest there are


class _Tiff(Format):
    name = "TIFF"
    suffixes = frozenset((".tif", ".tiff"))
    signatures = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two are BigTIFF
    reader = "PIL.TiffImagePlugin"
    media_type = "image/tiff"
    member_kind = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return super().recognises(data, suffix) and not is_raw_tiff(data, suffix)

    def members(self, image: Image.Image, data: bytes) -> list[int]:
        # Reduced pictures and masks of others are no pages of their own.
        others = enumerate(_subfile_types(data))
        return [place for place, kind in others if place == 0 or not kind & 0b101] or [0]

    def seek(self, image: Image.Image, place: int, limits: Limits) -> None:
        image.info.pop("icc_profile", None)  # the reader keeps it for a page that has none
        super().seek(image, place, limits)


def _subfile_types(data: bytes) -> Iterator[int]:
    """The NewSubfileType of each directory on the chain: bit 0 a reduced picture, bit 2 a mask.

    Ends where the chain is broken or comes back to itself. Source: Adobe, "TIFF Revision 6.0",
    1992, sections 2 and 8; BigTIFF by its specification of 2007.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = 43 in data[2:4]
    head, entry, link = ("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I")
    entry_size = struct.calcsize("=" + entry)
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + link, data, 8 if big else 4)
        while at and at not in seen and len(seen) < MOST_MEMBERS:
            seen.add(at)
            (entries,) = struct.unpack_from(order + head, data, at)
            first = at + struct.calcsize("=" + head)
            (following,) = struct.unpack_from(order + link, data, first + entries * entry_size)
            kind = 0
            for i in range(min(entries, _MOST_ENTRIES)):
                tag, width, _, value = struct.unpack_from(
                    order + entry, data, first + i * entry_size
                )
                number = value[:2] if width == 3 else value[:4]  # a SHORT, or a LONG
                number = int.from_bytes(number, "little" if order == "<" else "big")
                if tag == _SUBFILE_TYPE:
                    kind = number
                    break
                if tag == _OLD_SUBFILE_TYPE and number == 2:
                    kind = 1
            yield kind
            at = following
    except struct.error:
        return


FORMAT = _Tiff()
