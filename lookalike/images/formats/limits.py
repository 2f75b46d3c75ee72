"""The limits on a picture, by the width and height that its header states."""

from __future__ import annotations

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.reasons import cause_of
from lookalike.types import Limits

__all__ = ["check_pixels", "damage"]

# What a pixel takes with the hungriest decoders. Those of WebP, AVIF, HEIF and JPEG 2000 tell the
# lack of memory by the words for damage.
_HUNGRY_BYTES = 24


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture of too many pixels.

    Raises:
        PictureSkipped: it has more than the limit.
    """
    if width * height > limits.pixels:
        raise PictureSkipped(
            f"{width} x {height} = {width * height:,} pixels: more than the limit of "
            f"{limits.pixels:,}",
            cause="limit",
        )


def damage(
    reason: str, error: Exception, size: tuple[int, int] | None, limits: Limits
) -> PictureFailed:
    """The failure of a picture that its reader calls damaged, which a lack of memory may be too.

    Args:
        reason: one line.
        error: as the reader raised it.
        size: width and height, where they are known.
        limits: that the reader kept to.
    """
    cause = cause_of(error)
    if cause == "file" and size and size[0] * size[1] * _HUNGRY_BYTES > limits.memory_bytes:
        cause = "memory"
        reason += f"; or it needs more than {limits.memory_bytes:,} bytes of memory"
    return PictureFailed(reason, cause=cause)
