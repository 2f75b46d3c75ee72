"""HEIF and HEIC: pictures, and collections of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lookalike.images.formats.format import Format, frames
from lookalike.images.formats.iso_media import AVIF_BRANDS, HEIF_BRANDS, brands

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT"]


class _Heif(Format):
    name = "HEIF"
    suffixes = frozenset((".heic", ".heics", ".heif", ".heifs", ".hif"))
    reader = "pillow_heif"
    media_type = "image/heif"
    member_kind = "page"

    def recognises(self, data: bytes, suffix: str) -> bool:
        found = brands(data)
        return bool(found & HEIF_BRANDS) and not found & AVIF_BRANDS

    def load(self) -> None:
        import pillow_heif

        # One thread: the pool runs as many children as there are processors.
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.register_heif_opener(thumbnails=False)

    def members(self, image: Image.Image, data: bytes) -> tuple[int, ...]:
        # The reader opens the primary picture, wherever in the collection that stands.
        primary = image.tell()
        return (primary, *(place for place in frames(image) if place != primary))


FORMAT = _Heif()
