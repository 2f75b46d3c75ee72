"""JPEG 2000, in a file or as a bare stream."""

from __future__ import annotations

import struct

from PIL import Image

from lookalike.images.formats.format import Format

__all__ = ["FORMAT"]


class _JPEG2000(Format):
    name = "JPEG2000"
    suffixes = (".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx")
    signatures = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
    reader = "PIL.Jpeg2KImagePlugin"

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of whole numbers of at most 8 bits above zero, in a colour space that the reader knows.

        Source: ISO/IEC 15444-1, sections A.5.1 and I.5.3.3.
        """
        at = data.find(b"\xff\x4f\xff\x51")
        if at < 0 or len(data) < at + 42 or image.mode not in ("L", "LA", "RGB", "RGBA"):
            return False
        (count,) = struct.unpack_from(">H", data, at + 40)
        depths = data[at + 42 : at + 42 + 3 * count : 3]
        plain = len(depths) == count == len(image.getbands()) and max(depths, default=255) <= 7
        return plain and b"pclr" not in data[:at]


FORMAT = _JPEG2000()
