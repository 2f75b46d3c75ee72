"""JPEG 2000: files and bare code streams."""

from __future__ import annotations

from lookalike.images.formats.format import Format

__all__ = ["FORMAT"]


class _Jpeg2000(Format):
    name = "JPEG2000"
    suffixes = frozenset((".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx"))
    signatures = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
    reader = "PIL.Jpeg2KImagePlugin"
    media_type = "image/jp2"


FORMAT = _Jpeg2000()
