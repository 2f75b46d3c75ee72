"""WebP."""

from __future__ import annotations

import struct

from PIL import Image

from lookalike.images.formats.format import Format
from lookalike.images.formats.limits import check_pixels
from lookalike.types import Limits

__all__ = ["FORMAT", "webp_size"]


class _WEBP(Format):
    name = "WEBP"
    suffixes = (".webp",)
    signatures = (b"RIFF",)
    reader = "PIL.WebPImagePlugin"
    media_type = "image/webp"
    members = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return super().recognises(data, suffix) and data[8:12] == b"WEBP"

    def check_before(self, data: bytes, limits: Limits) -> None:
        """Pillow opens a WebP file by allocating its canvas twice, so the size is needed before."""
        size = self.stated_size(data)
        if size is not None:
            check_pixels(*size, limits)

    def stated_size(self, data: bytes) -> tuple[int, int] | None:
        """As :func:`webp_size` reads it."""
        return webp_size(data)

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """8 bits, and transparency that isn't multiplied in."""
        return True


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP file from its header; ``None`` where it can't be told.

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


FORMAT = _WEBP()
