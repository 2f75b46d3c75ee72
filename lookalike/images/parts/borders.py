"""Plain borders around a picture, as frames, slides and screenshots add them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.images.parts.plain import SPREAD, PlainLines, colours, plain_lines
from lookalike.types import Pixels

__all__ = ["inside_borders", "without_borders"]

LEAST_SHARE = 0.25  # of each side has to remain, else the picture is mostly plain itself
LEAST_PIXELS = 16


def without_borders(pixels: Pixels) -> Pixels | None:
    """The picture inside its plain borders: :func:`inside_borders` as a view of ``pixels``."""
    box = inside_borders(pixels)
    return None if box is None else pixels[box[0] : box[1], box[2] : box[3]]


def inside_borders(
    pixels: Pixels, lines: PlainLines | None = None
) -> tuple[int, int, int, int] | None:
    """Where the picture inside its plain borders is.

    A border is what remains plain from a side inwards and keeps the colour that it has at that
    side. One more line is cut, where a smaller copy blends border and picture.

    Args:
        pixels: RGB, uint8 (height, width, 3).
        lines: of these pixels, where they are known.

    Returns:
        First and last row and column (the last ones excluded), or ``None`` where there are no
        borders, or nothing inside them.
    """
    height, width = pixels.shape[:2]
    columns = pixels.swapaxes(0, 1)
    rows, across = plain_lines(pixels) if lines is None else lines
    top, bottom = _border(pixels, rows), _border(pixels[::-1], rows[::-1])
    left, right = _border(columns, across), _border(columns[::-1], across[::-1])
    box = (_cut(top), height - _cut(bottom), _cut(left), width - _cut(right))
    if box == (0, height, 0, width):
        return None
    sides = ((box[1] - box[0], height), (box[3] - box[2], width))
    if any(new < max(LEAST_PIXELS, LEAST_SHARE * old) for new, old in sides):
        return None
    return box


def _cut(lines: int) -> int:
    return lines + 1 if lines else 0


def _border(pixels: Pixels, plain_lines: npt.NDArray[np.bool_]) -> int:
    """How many lines from the first one on are plain and of one colour."""
    count = len(plain_lines) if plain_lines.all() else int(np.argmin(plain_lines))
    if not count:
        return 0
    found = colours(pixels[:count])
    same = np.abs(found - found[0]).max(axis=1) <= SPREAD
    return count if same.all() else int(np.argmin(same))
