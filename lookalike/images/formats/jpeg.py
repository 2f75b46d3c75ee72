"""JPEG, and the multi-picture files that cameras make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.images.formats.format import Format

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT"]


class _Jpeg(Format):
    # Of an MPO file the first picture counts: the others are previews of it, or the other eye's.
    name = "JPEG"
    also = ("MPO",)  # the reader hands over by itself
    suffixes = frozenset((".jfif", ".jpe", ".jpeg", ".jpg", ".mpo"))
    signatures = (b"\xff\xd8\xff",)
    reader = "PIL.JpegImagePlugin"
    media_type = "image/jpeg"
    shown = True

    def reduce(self, image: Image.Image, least: tuple[int, int]) -> None:
        image.draft(None, least)  # kept in its mode: only the size is drafted

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        # All coefficients of a progressive one are kept, two bytes each.
        return full[0] * full[1] * 6 if image.info.get("progressive") else 0


FORMAT = _Jpeg()
