"""JPEG, and MPO, which is a JPEG file with further pictures behind it."""

from __future__ import annotations

from PIL import Image

from lookalike.images.formats.format import MOST_MEMBERS, Format, Opened
from lookalike.types import Limits

__all__ = ["FORMAT", "JPEG"]


class JPEG(Format):
    """Of MPO only the first picture counts: the others are the same scene once more."""

    name = "JPEG"
    also = ("MPO",)
    suffixes = (".jfif", ".jpe", ".jpeg", ".jpg", ".mpo")
    signatures = (b"\xff\xd8\xff",)  # a start of image, and another marker
    reader = "PIL.JpegImagePlugin"  # hands over to MPO by itself
    media_type = "image/jpeg"

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """To a half, a quarter or an eighth, kept in its mode: only the size is drafted."""
        opened.image.draft(None, least)
        return opened

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        """All coefficients of a progressive one are kept, two bytes each."""
        return full[0] * full[1] * 6 if image.info.get("progressive") else 0

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """The reader knows 8 bits only, and refuses others."""
        return True

    def everything(self, image: Image.Image, data: bytes) -> list[int]:
        """Of MPO all: the other eye's view, the map that makes it brighter."""
        return list(range(min(int(getattr(image, "n_frames", 1)), MOST_MEMBERS)))


FORMAT = JPEG()
