"""JPEG, and MPO, which is a JPEG file with further pictures behind it."""

from __future__ import annotations

from PIL import Image

from lookalike.images.formats.format import Format

__all__ = ["FORMAT", "JPEG"]


class JPEG(Format):
    """Of MPO only the first picture counts: the others are the same scene once more."""

    name = "JPEG"
    suffixes = (".jfif", ".jpe", ".jpeg", ".jpg", ".mpo")
    reader = "PIL.JpegImagePlugin"  # hands over to MPO by itself
    media_type = "image/jpeg"

    def recognises(self, data: bytes, suffix: str) -> bool:
        """A start of image, and another marker."""
        return data.startswith(b"\xff\xd8\xff")

    def reduce(self, image: Image.Image, least: tuple[int, int]) -> None:
        """To a half, a quarter or an eighth, kept in its mode: only the size is drafted."""
        image.draft(None, least)


FORMAT = JPEG()
