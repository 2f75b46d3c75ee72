"""Plain borders around a picture, as frames, slides and screenshots add them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.types import Pixels

__all__ = ["without_borders"]

# A line is plain if all but a few of its pixels are this close to each other in every channel:
# compression leaves ripples in what was one colour.
SPREAD = 24
LEAST_SHARE = 0.25  # of each side has to remain, else the picture is mostly plain itself
LEAST_PIXELS = 16


def without_borders(pixels: Pixels) -> Pixels | None:
    """The picture inside its plain borders.

    A border is what remains plain from a side inwards and keeps the colour that it has at that
    side. One more line is cut, where a smaller copy blends border and picture.

    Args:
        pixels: RGB, uint8 (height, width, 3).

    Returns:
        A view of ``pixels``, or ``None`` where there are no borders, or nothing inside them.
    """
    top, bottom = _plain_lines(pixels), _plain_lines(pixels[::-1])
    columns = pixels.swapaxes(0, 1)
    left, right = _plain_lines(columns), _plain_lines(columns[::-1])
    height, width = pixels.shape[:2]
    inner = pixels[_cut(top) : height - _cut(bottom), _cut(left) : width - _cut(right)]
    if inner.shape == pixels.shape:
        return None
    sides = zip(inner.shape[:2], pixels.shape[:2], strict=True)
    if any(new < max(LEAST_PIXELS, LEAST_SHARE * old) for new, old in sides):
        return None
    return inner


def _cut(lines: int) -> int:
    return lines + 1 if lines else 0


def _plain_lines(pixels: npt.NDArray[np.uint8]) -> int:
    """How many lines from the first one on are plain and of one colour."""
    low = np.percentile(pixels, 2, axis=1, method="nearest").astype(np.int16)  # (lines, 3)
    high = np.percentile(pixels, 98, axis=1, method="nearest").astype(np.int16)
    spread = (high - low).max(axis=1)
    change = np.abs((high + low) - (high[0] + low[0])).max(axis=1) / 2
    plain = (spread <= SPREAD) & (change <= SPREAD)
    return len(plain) if plain.all() else int(np.argmin(plain))
