"""Where two pictures lie on one canvas, and where they differ there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.match import Part, Side
from lookalike.matching.edits_curve import match_colours
from lookalike.matching.edits_laid import Laid, Mask, inverse
from lookalike.matching.opencv import cv2
from lookalike.matching.verdict import Transform
from lookalike.types import Pixels

__all__ = ["Canvas", "canvas", "differing", "place"]

_FROM, _TO = 12.0, 60.0  # levels at which a difference begins to show, and shows in full


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """What both pictures cover together, upright as the hit is.

    Attributes:
        size: width and height in pixels.
        transforms: of each picture: its shares to pixels of the canvas, float64 (2, 3).
    """

    size: tuple[int, int]
    transforms: dict[Side, Transform]

    def corners(self, side: Side, at: Part) -> tuple[tuple[float, float], ...]:
        """The four corners of a part of one of the pictures, in pixels, in their order around."""
        left, top, right, bottom = at
        points = np.array(
            [[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64
        )
        found = points @ self.transforms[side].T
        return tuple((float(x), float(y)) for x, y in found)


def canvas(query: Pixels, hit: Pixels, transform: Transform, longest: int) -> Canvas:
    """The canvas of a pair.

    Args:
        query: RGB, uint8 (height, width, 3).
        hit: likewise.
        transform: shares of the query to shares of the hit.
        longest: its longer side, in pixels.
    """
    size = hit.shape[1], hit.shape[0]
    whole = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64)
    corners = np.concatenate([whole @ transform.T, whole[:, :2]]) * size
    low, high = corners.min(axis=0), corners.max(axis=0)
    factor = longest / float((high - low).max())
    across, down = (max(1, round(float(side) * factor)) for side in high - low)
    to_canvas = np.array(
        [[factor * size[0], 0, -factor * low[0]], [0, factor * size[1], -factor * low[1]]],
        np.float64,
    )
    of_query = to_canvas[:, :2] @ transform
    of_query[:, 2] += to_canvas[:, 2]
    return Canvas((across, down), {"query": of_query, "hit": to_canvas})


def place(
    query: Pixels, hit: Pixels, paper: Canvas
) -> dict[Side, tuple[Pixels, npt.NDArray[np.bool_]]]:
    """Both pictures on the canvas, and where on it each of them is."""
    found: dict[Side, tuple[Pixels, npt.NDArray[np.bool_]]] = {}
    sides: tuple[tuple[Side, Pixels], ...] = (("query", query), ("hit", hit))
    for side, pixels in sides:
        back = inverse(paper.transforms[side])  # pixels of the canvas to shares of the picture
        area = np.linalg.det(back[:, :2]) * pixels.shape[0] * pixels.shape[1]
        scale = float(np.sqrt(abs(area)))  # pixels of the picture to one of the canvas
        if scale > 1.02:
            small = max(1, round(pixels.shape[1] / scale)), max(1, round(pixels.shape[0] / scale))
            pixels = np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = back * np.array([pixels.shape[1], pixels.shape[0]], np.float64)[:, None]
        matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        made = cv2.warpAffine(
            pixels, matrix, paper.size, flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        ones = np.full(pixels.shape[:2], 255, np.uint8)
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        there = cv2.warpAffine(ones, matrix, paper.size, flags=flags) > 0
        found[side] = np.asarray(made, np.uint8), np.asarray(there)
    return found


def differing(query: Pixels, hit: Pixels, shared: Mask) -> npt.NDArray[np.float32]:
    """How much two pictures of one canvas differ, 0 to 1, once they have the same colours.

    What lies within the levels that the other has around it doesn't differ: it is only laid a
    little wrong.

    Args:
        query: RGB, uint8 (height, width, 3).
        hit: likewise.
        shared: where both are; elsewhere it is 0.
    """
    if shared.sum() < 64:
        return np.zeros(shared.shape, np.float32)
    laid = Laid(query.astype(np.float32), hit.astype(np.float32), shared, "hit", np.eye(2, 3), 1.0)
    kernel = np.ones((5, 5), np.uint8)
    least = np.full(shared.shape, np.inf, np.float32)
    for pair in match_colours(laid, shared):
        beyond = np.zeros(shared.shape, np.float32)
        for levels, other in ((pair.query, pair.hit), (pair.hit, pair.query)):
            low, high = cv2.erode(other, kernel), cv2.dilate(other, kernel)
            off = np.maximum(levels - high, low - levels).max(axis=2)
            beyond = np.maximum(beyond, off)
        least = np.minimum(least, beyond)
    # At the edges of the one, what is around it shines in.
    inner = cv2.erode(np.pad(shared.astype(np.uint8), 1), np.ones((9, 9), np.uint8))[1:-1, 1:-1] > 0
    least = np.where(inner, cv2.GaussianBlur(least, (0, 0), 1.5), 0)
    return np.asarray(np.clip((least - _FROM) / (_TO - _FROM), 0, 1), np.float32)
