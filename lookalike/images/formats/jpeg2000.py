"""JPEG 2000, in a file or as a bare stream."""

from __future__ import annotations

from lookalike.images.formats.format import Format

__all__ = ["FORMAT"]


class _JPEG2000(Format):
    name = "JPEG2000"
    suffixes = (".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx")
    signatures = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
    reader = "PIL.Jpeg2KImagePlugin"


FORMAT = _JPEG2000()
