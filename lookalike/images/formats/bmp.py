"""Windows bitmaps."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
from PIL import Image

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats.bmp_layouts import Layout, by_masks, layout, unread_kind, unrolled
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.limits import check_pixels
from lookalike.images.formats.partial import as_far_as_it_goes, clear_where_missing, loss_of
from lookalike.types import Limits

__all__ = ["FORMAT"]

_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # lengths that there are


class _BMP(Format):
    name = "BMP"
    suffixes = (".bmp", ".dib")
    signatures = (b"BM",)
    reader = "PIL.BmpImagePlugin"
    media_type = "image/bmp"

    def recognises(self, data: bytes, suffix: str) -> bool:
        # Two letters are a weak signature ("BMW brochure.txt"): ask for a header of a known length.
        if not super().recognises(data, suffix) or len(data) < 18:
            return False
        return struct.unpack("<I", data[14:18])[0] in _HEADERS

    def open(self, data: bytes, limits: Limits) -> Opened:
        """As the reader does, but for channels at unusual bits."""
        try:
            opened = super().open(data, limits)
        except PictureFailed as error:
            kind = unread_kind(data)
            if kind:
                raise PictureSkipped(f"{kind} isn't read: save it as PNG", cause="kind") from error
            held = layout(data)
            if held is None or error.cause != "file" or not any(held.masks):
                raise
            check_pixels(abs(held.width), abs(held.height), limits)
            pixels = by_masks(data, held)
            if pixels is None:
                raise
            return Opened(_opaque(Image.fromarray(np.ascontiguousarray(pixels))), self.name)
        image = opened.image
        if image.mode != "RGBA":
            return opened
        return Opened(image, opened.name, load=lambda: _opaque(image))

    def salvage(self, opened: Opened, data: bytes, limits: Limits, error: Exception) -> Opened:
        """The rows that are there; the first ones in the file are mostly the lowest."""
        held = layout(data)
        if held is not None and held.runs:
            return self._unrolled(opened, data, held)
        image, rows = as_far_as_it_goes(lambda: Image.open(BytesIO(data), formats=["BMP"]))
        loss = loss_of(float(rows.mean()), self.name)
        return Opened(clear_where_missing(_opaque(image), rows), self.name, loss=loss)

    def _unrolled(self, opened: Opened, data: bytes, held: Layout) -> Opened:
        indices, there, ended = unrolled(data, held)
        image = Image.fromarray(np.ascontiguousarray(indices))
        palette = opened.image.palette
        if opened.image.mode == "P" and palette is not None:
            image.putpalette(palette.palette, palette.rawmode or palette.mode)
        elif opened.image.mode == "1":
            image = image.point([0] + [255] * 255)
        made = image.convert("RGBA")
        made.putalpha(Image.fromarray(there.astype(np.uint8) * np.uint8(255)))
        loss = "" if ended else loss_of(float(there.any(axis=1).mean()), self.name)
        return Opened(made, self.name, loss=loss)

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """At most 8 bits a channel."""
        return True


def _opaque(image: Image.Image) -> Image.Image:
    """A picture without its transparency where that says that all is clear.

    Old programs leave the fourth byte at zero, and viewers show the picture.
    """
    image.load()
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")
    return image


FORMAT = _BMP()
