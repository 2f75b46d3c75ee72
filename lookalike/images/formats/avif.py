"""AVIF: pictures and sequences."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lookalike.images.formats.format import Format, frames
from lookalike.images.formats.iso_media import AVIF_BRANDS, brands

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT"]


class _Avif(Format):
    name = "AVIF"
    suffixes = frozenset((".avif", ".avifs"))
    reader = "PIL.AvifImagePlugin"
    media_type = "image/avif"
    shown = True
    member_kind = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return bool(brands(data) & AVIF_BRANDS)

    def load(self) -> None:
        module = importlib.import_module(self.reader)
        # One thread: the pool runs as many children as there are processors.
        setattr(module, "DEFAULT_MAX_THREADS", 1)  # noqa: B010 - no such name in Pillow's types

    def members(self, image: Image.Image, data: bytes) -> range:
        return frames(image)


FORMAT = _Avif()
