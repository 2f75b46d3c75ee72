"""Two small pictures in one frame: what both show, at the resolution of the coarser one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.matching.opencv import cv2
from lookalike.matching.planes import Plane, box_in, chained, inverse, scale_of, warped
from lookalike.matching.prepared import Area, Grey

__all__ = ["Frame", "frame"]

_LEAST_SIDE = 12  # pixels: what both show in fewer tells nothing


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Two pictures laid over each other.

    Attributes:
        first: luminance of the first picture, (height, width).
        second: of the second.
        shared: bool, where both are.
        to_first: from the frame to the pixels of the first.
        to_second: likewise.
    """

    first: Grey
    second: Grey
    shared: npt.NDArray[np.bool_]
    to_first: Plane
    to_second: Plane


def frame(
    first: Grey, second: Grey, plane: Plane, most: int, within: tuple[Area, Area] | None = None
) -> Frame | None:
    """Lay two pictures over each other.

    Args:
        first: luminance of the one.
        second: of the other.
        plane: from the pixels of the first to those of the second.
        most: pixels of the frame's longer side; what has more is reduced.
        within: areas of both that count; the wholes without.

    Returns:
        ``None`` if they hardly meet.
    """
    sizes = (first.shape[1], first.shape[0]), (second.shape[1], second.shape[0])
    wholes = [(0.0, 0.0, float(width), float(height)) for width, height in sizes]
    areas = within or (wholes[0], wholes[1])
    by_first = scale_of(plane) >= 1
    own, other = areas if by_first else areas[::-1]
    there = plane if by_first else inverse(plane)  # from the coarser one to the finer one
    box = _overlap(own, other, inverse(there))
    sides = box[2:] - box[:2]
    if min(sides) < _LEAST_SIDE:
        return None
    step = max(1.0, float(max(sides)) / most)
    width, height = (max(1, round(float(side) / step)) for side in sides)
    to_own = np.array([[sides[0] / width, 0, box[0]], [0, sides[1] / height, box[1]]])
    to_other = chained(to_own, there)
    coarse, fine = (first, second) if by_first else (second, first)
    size = (width, height)
    left, top, right, bottom = (int(value) for value in box)
    if step == 1.0 and bool((box == np.rint(box)).all()):
        laid = np.ascontiguousarray(coarse[top:bottom, left:right])
    else:
        laid = warped(coarse, to_own, size)
    over = warped(fine, to_other, size)
    shared = _inside(to_other, other, size)
    if by_first:
        return Frame(laid, over, shared, to_own, to_other)
    return Frame(over, laid, shared, to_other, to_own)


def _overlap(own: Area, other: Area, back: Plane) -> npt.NDArray[np.float64]:
    """The box, in whole pixels, around what the one shows of the other."""
    moved = back.copy()
    moved[:, 2] += back[:, :2] @ np.array(other[:2])
    box = box_in(moved, (other[2] - other[0], other[3] - other[1]), (1e9, 1e9), low=-1e9)
    low, high = np.maximum(box[:2], own[:2]), np.minimum(box[2:], own[2:])
    # A pixel that is covered by half is left out.
    low, high = np.ceil(low - 0.25), np.floor(high + 0.25)
    return np.concatenate([low, np.maximum(high, low)])


def _inside(plane: Plane, area: Area, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Where in a frame an area of a picture is, by the middles of the frame's pixels."""
    x = np.arange(size[0]) + 0.5
    y = np.arange(size[1])[:, None] + 0.5
    across = plane[0, 0] * x + plane[0, 1] * y + plane[0, 2]
    down = plane[1, 0] * x + plane[1, 1] * y + plane[1, 2]
    left, top, right, bottom = area
    return np.asarray((across > left) & (across < right) & (down > top) & (down < bottom))


def smooth(levels: Grey, sigma: float) -> Grey:
    """A Gaussian blur."""
    return np.asarray(
        cv2.GaussianBlur(levels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32
    )
