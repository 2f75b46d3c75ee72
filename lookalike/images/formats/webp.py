"""WebP."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import numpy as np
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.limits import check_pixels
from lookalike.images.formats.partial import clear_where_missing, loss_of
from lookalike.images.formats.webp_chunks import Sound, padded, sound_part
from lookalike.types import Limits

__all__ = ["FORMAT", "webp_size"]


_HUNGRY_BYTES = 24  # a pixel, of two pictures beside each other


_ANIMATED = 0x02  # flag of VP8X


class _WEBP(Format):
    name = "WEBP"
    suffixes = (".webp",)
    signatures = (b"RIFF",)
    reader = "PIL.WebPImagePlugin"
    media_type = "image/webp"
    members = "frame"

    def recognises(self, data: bytes, suffix: str) -> bool:
        return super().recognises(data, suffix) and data[8:12] == b"WEBP"

    def open(self, data: bytes, limits: Limits) -> Opened:
        """As the reader does; of what it refuses, what is sound.

        The reader leaves out the transparency of an animation whose frames have none, though they
        may leave a part of the ground, which is clear, uncovered.
        """
        try:
            return self._read(data, limits)
        except PictureFailed as error:
            if error.cause != "file":
                raise
            sound = sound_part(data)
            if sound is None:
                raise
            size = 8 + int.from_bytes(data[4:8], "little")
            return self._sound_part(sound, size, limits, error)

    def _read(self, data: bytes, limits: Limits) -> Opened:
        opened = super().open(data, limits)
        image = opened.image
        if image.mode == "RGB" and data[12:16] == b"VP8X" and data[20] & _ANIMATED:
            image.rawmode = image._mode = "RGBA"  # type: ignore[attr-defined]
        return opened

    def _sound_part(self, sound: Sound, size: int, limits: Limits, error: PictureFailed) -> Opened:
        if sound.pixels is None:
            if sound.cut and not sound.frames:
                raise error
            cut = sound.frames and (sound.cut or size > len(sound.file))
            loss = "its last frames are missing" if cut else "a wrong length in its header"
            return replace(self._read(sound.file, limits), loss=loss)
        # Decoded with two kinds of rubbish behind the cut: rows that are equal are no rubbish.
        if limits.memory_bytes < _HUNGRY_BYTES * math.prod(self.stated_size(sound.file) or (0, 0)):
            raise error
        made = []
        for filler in (0x00, 0x55):
            image = self._read(padded(sound, filler), limits).image
            try:
                image.load()
            except OSError:
                raise error from None
            made.append(image)
        one, other = (np.asarray(image) for image in made)
        rows = np.logical_and.accumulate((one == other).all(axis=(1, 2)))
        loss = loss_of(min(float(rows.mean()), 0.99), self.name)
        return Opened(clear_where_missing(made[0], rows), self.name, loss=loss)

    def check_before(self, data: bytes, limits: Limits) -> None:
        """Pillow opens a WebP file by allocating its canvas twice, so the size is needed before."""
        size = self.stated_size(data)
        if size is not None:
            check_pixels(*size, limits)

    def stated_size(self, data: bytes) -> tuple[int, int] | None:
        """As :func:`webp_size` reads it."""
        return webp_size(data)

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """8 bits, and transparency that isn't multiplied in."""
        return True


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP file from its header; ``None`` where it can't be told.

    Source: RFC 9649, sections 2.5 to 2.7 and 3.4.
    """
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + ((packed >> 14) & 0x3FFF)
    return None


FORMAT = _WEBP()
