"""WebP: pictures and animations."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lookalike.images.formats.format import Format, frames

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT"]


class _WebP(Format):
    name = "WEBP"
    suffixes = frozenset((".webp",))
    reader = "PIL.WebPImagePlugin"
    media_type = "image/webp"
    shown = True
    member_kind = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return data[:4] == b"RIFF" and data[4:8] != b"ftyp" and data[8:12] == b"WEBP"

    def early_size(self, data: bytes) -> tuple[int, int] | None:
        """Width and height from the header; ``None`` where they can't be told.

        Pillow opens a WebP file by allocating its canvas twice, so the size is needed before.
        Source: RFC 9649, sections 2.5 to 2.7 and 3.4.
        """
        kind, body = data[12:16], data[20:30]
        if len(body) < 10:
            return None
        if kind == b"VP8X":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if kind == b"VP8 ":
            width, height = struct.unpack("<HH", body[6:10])
            return width & 0x3FFF, height & 0x3FFF
        if kind == b"VP8L":
            packed = int.from_bytes(body[1:5], "little")
            return 1 + (packed & 0x3FFF), 1 + ((packed >> 14) & 0x3FFF)
        return None

    def members(self, image: Image.Image, data: bytes) -> range:
        return frames(image)


FORMAT = _WebP()
