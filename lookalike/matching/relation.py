"""Which part of a picture another one shows, by how they lie over each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.matching.opencv import cv2
from lookalike.matching.planes import Plane, applied, inverse
from lookalike.matching.prepared import Area
from lookalike.types import Part

__all__ = ["Meeting", "meeting"]

# Of a side: what is cut off by less was lost by saving the picture anew, not by cropping it.
_CUT = 0.03
_LEAST_COVERED = 0.9  # of the area, of a picture that was turned by a free angle
_UPRIGHT = 0.02  # sine of the angle
_SHIFTED = 0.7  # pixels: rounding sizes shifts by half a pixel


@dataclass(frozen=True, slots=True)
class Meeting:
    """What two pictures share.

    Attributes:
        first: what the first shows of the second: a box, as shares of the first's sides.
        second: likewise, of the second.
        whole_first: whether that is all of the first.
        whole_second: of the second.
        shifted: whether each shows something beyond a side of the other, upright or turned by
            quarters: a crop doesn't, but two frames of a scene do.
    """

    first: Part
    second: Part
    whole_first: bool
    whole_second: bool
    shifted: bool


def meeting(
    plane: Plane,
    first: tuple[int, int],
    second: tuple[int, int],
    within: tuple[Area, Area] | None = None,
) -> Meeting:
    """What two pictures share.

    Args:
        plane: from the pixels of the first to those of the second.
        first: width and height of the first.
        second: of the second.
        within: areas of both, in pixels, outside of which they share nothing.
    """
    areas = within or (_all(first), _all(second))
    at_second = _part(plane, areas[0], areas[1], second)
    at_first = _part(inverse(plane), areas[1], areas[0], first)
    quarter = min(abs(plane[0, 0]), abs(plane[0, 1])) < _UPRIGHT * np.linalg.norm(plane[0, :2])
    shifted = quarter and min(_lost(at_first, first), _lost(at_second, second)) > _SHIFTED
    if quarter or within is not None:
        return Meeting(at_first, at_second, _is_whole(at_first), _is_whole(at_second), shifted)
    there = applied(plane, _corners(areas[0])).astype(np.float32)
    frame = _corners(areas[1]).astype(np.float32)
    area, _ = cv2.intersectConvexConvex(there, frame)
    own = abs(float(np.linalg.det(plane[:, :2]))) * first[0] * first[1]
    return Meeting(
        at_first,
        at_second,
        area >= _LEAST_COVERED * own,
        area >= _LEAST_COVERED * second[0] * second[1],
        shifted,
    )


def _all(size: tuple[int, int]) -> Area:
    return (0.0, 0.0, float(size[0]), float(size[1]))


def _corners(area: Area) -> npt.NDArray[np.float64]:
    left, top, right, bottom = area
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def _lost(box: Part, size: tuple[int, int]) -> float:
    """How far outside of the box a picture goes on, at most, in pixels."""
    left, top, right, bottom = box
    return max(left * size[0], (1 - right) * size[0], top * size[1], (1 - bottom) * size[1])


def _is_whole(box: Part) -> bool:
    left, top, right, bottom = box
    return max(left, top) <= _CUT and min(right, bottom) >= 1 - _CUT


def _part(plane: Plane, area: Area, inside: Area, size: tuple[int, int]) -> Part:
    """Where an area of a picture is in an area of another one, as shares of that one's sides."""
    there = applied(plane, _corners(area))
    low = np.clip(there.min(axis=0), inside[:2], inside[2:])
    high = np.clip(there.max(axis=0), inside[:2], inside[2:])
    left, top, right, bottom = (np.concatenate([low, high]) / np.array([*size, *size])).tolist()
    return (left, top, right, bottom)
