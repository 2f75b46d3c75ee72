"""The limit on a picture's pixels, as its header states them."""

from __future__ import annotations

from lookalike.errors import PictureSkipped
from lookalike.types import Limits

__all__ = ["check_pixels"]


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture of too many pixels.

    Raises:
        PictureSkipped: it has more than the limit.
    """
    if width * height > limits.pixels:
        raise PictureSkipped(
            f"{width} x {height} = {width * height:,} pixels: more than the limit of "
            f"{limits.pixels:,}"
        )
