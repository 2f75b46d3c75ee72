"""TIFF and BigTIFF, but for the camera raw files that look like them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from lookalike.images.formats.format import MOST_MEMBERS, Format
from lookalike.images.formats.raw import is_raw_tiff, is_tiff
from lookalike.types import Limits

__all__ = ["FORMAT"]

_SUBFILE_TYPE = 254  # tag: bit 0 says a reduced version of another picture, bit 2 a mask
_OLD_SUBFILE_TYPE = 255  # tag of before 1992: 2 says a reduced version
_NO_PICTURE = 0b101
_SHORT = 3  # type of a value
_MOST_ENTRIES = 200  # of a directory that are looked at; the two tags are the lowest there are


class _TIFF(Format):
    name = "TIFF"
    suffixes = (".tif", ".tiff")
    reader = "PIL.TiffImagePlugin"
    members = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return is_tiff(data) and not is_raw_tiff(data, suffix)

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """Pages; what is a smaller version of another one, or a mask, is none."""
        kinds = enumerate(_subfile_types(data))
        return [frame for frame, kind in kinds if frame == 0 or not kind & _NO_PICTURE] or [0]

    def seek(self, image: Image.Image, frame: int, limits: Limits) -> None:
        """As for all formats; the reader would keep the first page's profile for one without."""
        image.info.pop("icc_profile", None)
        super().seek(image, frame, limits)

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of whole numbers of at most 8 bits, each of them in a channel of the reader's image."""
        tags = getattr(image, "tag_v2", {})
        bits, kinds = tags.get(258, (1,)), tags.get(339, (1,))
        channels = len(image.getbands())
        plain = max(bits) <= 8 and set(kinds) == {1} and tags.get(277, 1) == len(bits) == channels
        return plain and image.mode in ("1", "L", "P", "LA", "RGB", "RGBA", "CMYK")


def _subfile_types(data: bytes) -> Iterator[int]:
    """What NewSubfileType says in each directory on the chain, 0 where it is missing.

    The chain ends where it is broken or comes back to itself, as for the reader. That would set up
    each page to be decoded, which takes a hundred times as long.

    Source: Adobe, "TIFF Revision 6.0", 1992, sections 2 and 8; for BigTIFF libtiff's "BigTIFF
    Design", 2007.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:3] == b"+"  # the reader can't read BigTIFF of the other byte order
    counted, entry, link = (
        struct.Struct(order + shape)
        for shape in (("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I"))
    )
    seen: set[int] = set()
    try:
        (at,) = link.unpack_from(data, 8 if big else 4)
        while at and at not in seen and len(seen) < MOST_MEMBERS:
            seen.add(at)
            (entries,) = counted.unpack_from(data, at)
            at += counted.size
            (following,) = link.unpack_from(data, at + entries * entry.size)
            yield _subfile_type(data, at, min(entries, _MOST_ENTRIES), entry, order)
            at = following
    except struct.error:
        return


def _subfile_type(data: bytes, at: int, entries: int, entry: struct.Struct, order: str) -> int:
    """What the directory says whose entries begin at ``at``."""
    kind = 0
    for place in range(at, at + entries * entry.size, entry.size):
        tag, width, _, value = entry.unpack_from(data, place)
        if tag in (_SUBFILE_TYPE, _OLD_SUBFILE_TYPE):
            (number,) = struct.unpack_from(order + ("H" if width == _SHORT else "I"), value)
            if tag == _SUBFILE_TYPE:
                return int(number)
            kind = 1 if number == 2 else 0
    return kind


FORMAT = _TIFF()
