"""Windows bitmaps."""

from __future__ import annotations

import struct

from PIL import Image

from lookalike.images.formats.format import Format

__all__ = ["FORMAT"]

_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # lengths that there are


class _BMP(Format):
    name = "BMP"
    suffixes = (".bmp", ".dib")
    signatures = (b"BM",)
    reader = "PIL.BmpImagePlugin"
    media_type = "image/bmp"

    def recognises(self, data: bytes, suffix: str) -> bool:
        # Two letters are a weak signature ("BMW brochure.txt"): ask for a header of a known length.
        if not super().recognises(data, suffix) or len(data) < 18:
            return False
        return struct.unpack("<I", data[14:18])[0] in _HEADERS

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """At most 8 bits a channel."""
        return True


FORMAT = _BMP()
