"""What a picture that is sent would cost, by the size that its header states.

No decoder is asked: these are a few lines of Python over a few bytes.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Final

import imagesize

from lookalike.server.answers import ApiError

__all__ = ["FREE_PIXELS", "check_size", "cost_of", "pixels_of"]

FREE_PIXELS: Final = 12_000_000
"""That a picture may have at the price of any; each further million costs a point."""

_READS = 2_000  # that a header may take; a hostile one would have us hop through all of the file
_TEXT = (b"<?xml", b"<svg")  # no picture of ours, and no parser for it


class _FewReads(BytesIO):
    """A file that has enough of being read in small steps."""

    _left = _READS

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ValueError("no header has so many parts")
        return super().read(size)


def pixels_of(data: bytes) -> int:
    """Pixels of a picture file, as its header states them; a byte each where that isn't known."""
    if data[:2] == b"BM" and len(data) >= 26:
        width, height = struct.unpack_from("<ii", data, 18)
        return int(abs(width * height))
    if not data.startswith(_TEXT):
        width, height = imagesize.get(_FewReads(data))
        if width > 0 and height > 0:
            return int(width) * int(height)
    return len(data)


def cost_of(pixels: int) -> int:
    """Points that a picture of so many pixels costs beyond the usual ones."""
    return max(0, pixels - FREE_PIXELS) // 1_000_000


def check_size(pixels: int, most: int) -> None:
    """Refuse a picture that would take too long.

    Raises:
        ApiError: it has too many pixels.
    """
    if pixels > most:
        raise ApiError(
            422,
            "picture_unusable",
            f"{pixels:,} pixels are beyond the limit of {most:,} for pictures that are sent: send "
            "a smaller copy, or raise --max-sent-pixels of lookalike serve",
        )
