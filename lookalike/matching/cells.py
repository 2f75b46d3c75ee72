"""The rectangle in which alone two pictures agree: one of them is cut to a cell of a collage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.matching.comparison import Tiles
from lookalike.matching.frames import Frame
from lookalike.matching.judging import AGREES, weighed
from lookalike.matching.planes import Plane, applied
from lookalike.matching.prepared import Area

__all__ = ["cell"]

_Rows = npt.NDArray[np.intp]

_LEAST_LINES = 3  # of tiles
_AGAINST = 0.07  # of the structure inside
_BESIDE = 0.6  # of the structure right beside it disagrees


def cell(laid: Frame, found: Tiles) -> tuple[Area, Area] | None:
    """The largest rectangle of tiles that agree, if what is beside it doesn't.

    Beside the picture in a collage are other pictures. Beside what moved between two frames of a
    scene, the scene goes on.

    Args:
        laid: the two pictures.
        found: their tiles.

    Returns:
        Where it is in both pictures, in pixels.
    """
    weights = weighed(found)
    agrees = found.correlation > AGREES
    good, bad = _sums(weights * agrees), _sums(weights * ~agrees)
    rows, columns = weights.shape
    top, left, bottom, right = _rectangles(rows, columns)
    if not len(top):
        return None
    inside = [_between(table, top, left, bottom, right) for table in (good, bad)]
    gained = np.where(inside[1] <= _AGAINST * inside[0], inside[0] - inside[1], 0)
    best = int(gained.argmax())
    if gained[best] <= 0:
        return None
    box = int(top[best]), int(left[best]), int(bottom[best]), int(right[best])
    around = max(box[0] - 1, 0), max(box[1] - 1, 0), min(box[2] + 1, rows), min(box[3] + 1, columns)
    ends = [np.array([value]) for value in around]
    beside = [
        float(_between(table, *ends)[0] - total[best])
        for table, total in zip((good, bad), inside, strict=True)
    ]
    if beside[1] <= _BESIDE * sum(beside):
        return None
    height, width = laid.shared.shape
    shares = np.array([(box[1] / columns, box[0] / rows), (box[3] / columns, box[2] / rows)])
    corners = shares * (width, height)
    return _area(laid.to_first, corners), _area(laid.to_second, corners)


def _area(plane: Plane, corners: npt.NDArray[np.float64]) -> Area:
    (left, top), (right, bottom) = corners
    there = applied(plane, np.array([(left, top), (right, top), (left, bottom), (right, bottom)]))
    low, high = there.min(axis=0).tolist(), there.max(axis=0).tolist()
    return (low[0], low[1], high[0], high[1])


def _sums(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Sums over all that is above and to the left."""
    padded = np.pad(levels.astype(np.float64), ((1, 0), (1, 0)))
    return np.asarray(padded.cumsum(axis=0).cumsum(axis=1))


def _rectangles(rows: int, columns: int) -> tuple[_Rows, _Rows, _Rows, _Rows]:
    """All that have a few rows and columns: top, left, bottom and right of each."""
    top, bottom = np.triu_indices(rows + 1, _LEAST_LINES)
    left, right = np.triu_indices(columns + 1, _LEAST_LINES)
    shape = (len(top), len(left))
    tops, bottoms = (np.broadcast_to(v[:, None], shape).ravel() for v in (top, bottom))
    lefts, rights = (np.broadcast_to(v, shape).ravel() for v in (left, right))
    return tops, lefts, bottoms, rights


def _between(
    table: npt.NDArray[np.float64], top: _Rows, left: _Rows, bottom: _Rows, right: _Rows
) -> npt.NDArray[np.float64]:
    found = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    return np.asarray(found, np.float64)
