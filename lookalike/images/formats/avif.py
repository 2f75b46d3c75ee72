"""AVIF."""

from __future__ import annotations

import importlib
from dataclasses import replace

from PIL import Image

from lookalike.images.formats.avif_boxes import primary_properties
from lookalike.images.formats.cropped import Cropped
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.iso import brands_of
from lookalike.images.formats.iso_samples import is_deep_avif
from lookalike.images.matrix_profiles import coded_profile
from lookalike.types import Limits

__all__ = ["BRANDS", "FORMAT"]

BRANDS = frozenset((b"avif", b"avis"))
"""What names an AVIF file, also among the brands of a HEIF file."""


_BT709, _UNKNOWN, _SRGB = 1, 2, 13
# What is written for television, or for nothing known, browsers show by sRGB's curve.
_AS_SRGB = (1, _UNKNOWN, 6, 14, 15)


class _AVIF(Format):
    name = "AVIF"
    suffixes = (".avif", ".avifs")
    reader = "PIL.AvifImagePlugin"
    media_type = "image/avif"
    members = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        major, brands = brands_of(data)
        return major != b"crx " and bool(brands & BRANDS)

    def open(self, data: bytes, limits: Limits) -> Opened:
        """As the reader does, and with what it leaves out: the clean aperture, coded colours.

        A browser may take only apertures at the upper left corner; the standard, and other
        programs, know no such rule.
        """
        opened = super().open(data, limits)
        image = opened.image
        told = primary_properties(data)
        if told.colours is not None and not image.info.get("icc_profile"):
            primaries, transfer = told.colours
            transfer = _SRGB if transfer in _AS_SRGB else transfer
            image.info["icc_profile"] = coded_profile(
                _BT709 if primaries == _UNKNOWN else primaries, transfer
            )
        if told.crop is None or getattr(image, "n_frames", 1) > 1:
            return opened
        return replace(opened, image=Cropped(image, told.crop))

    def load_reader(self) -> None:
        module = importlib.import_module(self.reader)
        # One thread: the pool runs as many children as there are processors.
        setattr(module, "DEFAULT_MAX_THREADS", 1)  # noqa: B010 - no such name in Pillow's types

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """Of 8 bits: the reader cuts more to those."""
        return not is_deep_avif(data)


FORMAT = _AVIF()
