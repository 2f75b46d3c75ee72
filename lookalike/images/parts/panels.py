"""The pictures within a picture: of a collage, on a page, on the screen of a telephone."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.images.parts.plain import SPREAD, PlainLines, colours, plain_lines
from lookalike.types import Pixels

__all__ = ["MOST_PANELS", "panel_boxes", "panels"]

MOST_PANELS = 6

LEAST_AREA = 0.04  # of the whole picture: smaller ones are icons and faces of users
LEAST_SIDE = 0.1  # of the whole picture's shorter side: lower ones are lines of text
LEAST_PIXELS = 16
_DEEPEST = 8  # divisions within each other

_Box: TypeAlias = tuple[int, int, int, int]  # top, bottom, left, right
_Colour: TypeAlias = npt.NDArray[np.float32]
_Lines: TypeAlias = npt.NDArray[np.bool_]


def panels(pixels: Pixels) -> list[Pixels]:
    """The pictures within a picture: :func:`panel_boxes` as views of ``pixels``."""
    boxes = panel_boxes(pixels)
    return [pixels[top:bottom, left:right] for top, bottom, left, right in boxes]


def panel_boxes(pixels: Pixels, lines: PlainLines | None = None) -> list[tuple[int, int, int, int]]:
    """Cut a picture along the plain lines of its ground, again and again (a recursive XY-cut).

    The method is Nagy and Seth's for printed pages (Hierarchical Representation of Optically
    Scanned Documents, 1984). The ground is the colour that most plain lines through the whole
    picture have, so that the sky of a photograph isn't cut off: a part that has no line of this
    colour is divided further only if it is framed on all four sides.

    Args:
        pixels: RGB, uint8 (height, width, 3).
        lines: of these pixels, where they are known.

    Returns:
        First and last row and column (the last ones excluded) of at most :data:`MOST_PANELS`,
        largest first; none where nothing divides the picture, which is so of most photographs.
    """
    height, width = pixels.shape[:2]
    least = max(LEAST_PIXELS, round(LEAST_SIDE * min(height, width)))
    whole = (0, height, 0, width)
    boxes: list[_Box] = []
    _divide(pixels, whole, lines or plain_lines(pixels), None, least, _DEEPEST, boxes)
    large = [box for box in boxes if box != whole and _area(box) >= LEAST_AREA * _area(whole)]
    large.sort(key=_area, reverse=True)
    return large[:MOST_PANELS]


def _area(box: _Box) -> int:
    return (box[1] - box[0]) * (box[3] - box[2])


def _divide(
    pixels: Pixels,
    box: _Box,
    lines: PlainLines,
    ground: _Colour | None,
    least: int,
    depth: int,
    found: list[_Box],
) -> None:
    """Add the parts of a box that can't be divided."""
    top, bottom, left, right = box
    part = pixels[top:bottom, left:right]
    columns = part.swapaxes(0, 1)
    rows, across = lines
    at_rows, at_columns = colours(part[rows]), colours(columns[across])
    own = _most_frequent(at_rows, at_columns) if ground is None else None
    for colour in (ground, own, _frame(rows, across, at_rows, at_columns)):
        if colour is None:
            continue
        bands = _between(rows, at_rows, colour, least)
        if bands != [(0, bottom - top)]:
            parts = [(top + start, top + end, left, right) for start, end in bands]
        else:
            bands = _between(across, at_columns, colour, least)
            parts = [(top, bottom, left + start, left + end) for start, end in bands]
        if parts != [box]:
            for smaller in parts if depth else ():
                inside = plain_lines(pixels[smaller[0] : smaller[1], smaller[2] : smaller[3]])
                _divide(pixels, smaller, inside, colour, least, depth - 1, found)
            return
    found.append(box)


def _most_frequent(at_rows: _Colour, at_columns: _Colour) -> _Colour | None:
    """The colour of most plain lines."""
    lines = np.concatenate([at_rows, at_columns])
    if not len(lines):
        return None
    near = np.abs(lines[:, None] - lines).max(axis=2) <= SPREAD / 2  # (lines, lines)
    return np.asarray(lines[near.sum(axis=1).argmax()])


def _frame(rows: _Lines, across: _Lines, at_rows: _Colour, at_columns: _Colour) -> _Colour | None:
    """The colour of the four sides if they are plain and of one colour."""
    if not (rows[0] and rows[-1] and across[0] and across[-1]):
        return None
    sides = np.stack([at_rows[0], at_rows[-1], at_columns[0], at_columns[-1]])
    return sides[0] if bool((np.ptp(sides, axis=0) <= SPREAD).all()) else None


def _between(
    lines: _Lines, at_lines: _Colour, ground: _Colour, least: int
) -> list[tuple[int, int]]:
    """First and last line (excluded) of what lies between plain lines of the ground's colour."""
    content = np.ones(len(lines), np.bool_)
    content[np.flatnonzero(lines)[np.abs(at_lines - ground).max(axis=1) <= SPREAD / 2]] = False
    ends = np.flatnonzero(np.diff(np.concatenate([[False], content, [False]]).astype(np.int8)))
    bands = zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True)
    return [(start, end) for start, end in bands if end - start >= least]
