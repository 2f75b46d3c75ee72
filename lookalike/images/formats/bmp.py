"""Windows bitmaps."""

from __future__ import annotations

import struct

from lookalike.images.formats.format import Format

__all__ = ["FORMAT"]

_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes of its second header, by version


class _Bmp(Format):
    name = "BMP"
    suffixes = frozenset((".bmp", ".dib"))
    signatures = (b"BM",)
    reader = "PIL.BmpImagePlugin"
    media_type = "image/bmp"
    shown = True

    def recognises(self, data: bytes, suffix: str) -> bool:
        # Two letters are a weak signature ("BMW brochure.txt"): ask for a header of a known length.
        return (
            super().recognises(data, suffix)
            and len(data) >= 18
            and struct.unpack("<I", data[14:18])[0] in _HEADERS
        )


FORMAT = _Bmp()
