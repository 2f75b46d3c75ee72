"""AVIF."""

from __future__ import annotations

import importlib

from PIL import Image

from lookalike.images.formats.format import Format
from lookalike.images.formats.iso import brands_of
from lookalike.images.formats.iso_samples import colours_of, is_deep_avif

__all__ = ["BRANDS", "FORMAT"]

BRANDS = frozenset((b"avif", b"avis"))
"""What names an AVIF file, also among the brands of a HEIF file."""


class _AVIF(Format):
    name = "AVIF"
    suffixes = (".avif", ".avifs")
    reader = "PIL.AvifImagePlugin"
    media_type = "image/avif"
    members = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        major, brands = brands_of(data)
        return major != b"crx " and bool(brands & BRANDS)

    def load_reader(self) -> None:
        module = importlib.import_module(self.reader)
        # One thread: the pool runs as many children as there are processors.
        setattr(module, "DEFAULT_MAX_THREADS", 1)  # noqa: B010 - no such name in Pillow's types

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of 8 bits: the reader cuts more to those."""
        return not is_deep_avif(data)

    def meaning(self, image: Image.Image, data: bytes) -> bytes:
        return colours_of(data)


FORMAT = _AVIF()
