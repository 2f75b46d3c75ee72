"""Two pictures laid over each other, in the frame of the one that shows less of what both show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.matching.edits_geometry import WHOLE, in_pixels, lies_on
from lookalike.matching.opencv import cv2
from lookalike.matching.sums import dot
from lookalike.matching.verdict import Transform
from lookalike.types import Pixels

__all__ = ["Grey", "Laid", "Levels", "Mask", "as_bytes", "inverse", "lay", "luminance", "strongest"]

Levels: TypeAlias = npt.NDArray[np.float32]
"""(height, width, 3): RGB in levels of 255."""

Grey: TypeAlias = npt.NDArray[np.float32]
"""(height, width): luminance in levels of 255."""

Mask: TypeAlias = npt.NDArray[np.bool_]
"""(height, width)."""

_EDGE = 2  # pixels along the border of what both show that the warp has touched
_SLANTED_EDGE = 5
_LEAST_STEP = 1e-4
_STEPS = 40
_SURE = 0.995  # a correlation that no refinement is needed for


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Two pictures in one frame.

    Attributes:
        query: levels of the query.
        hit: of the hit.
        shared: where both are.
        of: whose frame it is: that of the picture which has fewer pixels for what both show.
        transform: as of the verdict, refined: shares of the query to shares of the hit.
        correlation: of their luminance where both are, 0 to 1.
    """

    query: Levels
    hit: Levels
    shared: Mask
    of: str
    transform: Transform
    correlation: float


def luminance(levels: Levels) -> Grey:
    """Of RGB, as ITU-R BT.601 weighs it."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(levels), cv2.COLOR_RGB2GRAY), np.float32)


def as_bytes(levels: Levels) -> Pixels:
    """Rounded, and cut off at 0 and 255."""
    return np.asarray(cv2.convertScaleAbs(np.maximum(levels, 0)), np.uint8)


def strongest(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The largest of three channels, the last axis: ten times as fast as NumPy's own maximum."""
    return np.maximum(np.maximum(levels[..., 0], levels[..., 1]), levels[..., 2])


def lay(query: Pixels, hit: Pixels, transform: Transform) -> Laid:
    """Lay two pictures over each other.

    The transform is refined: corners that nearly meet are tried as meeting, and then the maximum
    of the enhanced correlation coefficient is looked for (G. Evangelidis and E. Psarakis,
    "Parametric image alignment using enhanced correlation coefficient maximization", 2008).

    Args:
        query: RGB, uint8 (height, width, 3).
        hit: likewise.
        transform: maps shares of the query to shares of the hit.
    """
    best = _lay(query, hit, transform)
    snapped = _snapped(transform)
    if snapped is not None:
        other = _lay(query, hit, snapped)
        # An exact fit needs no resampling, so it wins where they are about as good.
        if other.correlation > best.correlation - 0.005:
            best = other
    if best.correlation < _SURE:
        refined = _refined(query, hit, best)
        if refined is not None:
            other = _lay(query, hit, refined)
            if other.correlation > best.correlation + 0.002:
                best = other
    return best


def _snapped(transform: Transform) -> Transform | None:
    """The turn or flip of the whole that a transform nearly is."""
    nearest = np.rint(transform)
    off = np.abs(transform - nearest).max()
    is_turn = abs(round(float(np.linalg.det(nearest[:, :2])))) == 1
    return nearest if off <= 2 * WHOLE and is_turn else None


def _size(pixels: npt.NDArray[np.generic]) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _lay(query: Pixels, hit: Pixels, transform: Transform) -> Laid:
    across = in_pixels(transform, _size(query), _size(hit))  # pixels of the query to the hit's
    scale = float(np.sqrt(abs(np.linalg.det(across[:, :2]))))
    if scale >= 1:
        warped, shared = _warp(hit, transform, _size(query), scale)
        levels, of = (query.astype(np.float32), warped), "query"
    else:
        back = inverse(transform)
        warped, shared = _warp(query, back, _size(hit), 1 / scale)
        levels, of = (warped, hit.astype(np.float32)), "hit"
    correlation = _correlation(luminance(levels[0]), luminance(levels[1]), shared)
    return Laid(*levels, shared, of, transform, correlation)


def _warp(
    source: Pixels, transform: Transform, size: tuple[int, int], scale: float
) -> tuple[Levels, Mask]:
    """A picture as it lies in a frame of that size, and where in the frame it is.

    Args:
        source: the picture.
        transform: shares of the frame to shares of the picture.
        size: of the frame, width and height.
        scale: pixels of the picture to one of the frame, 1 or more.
    """
    levels = source.astype(np.float32)
    if scale > 1.02:  # reduced first, since the warp looks at neighbours only
        reduced = max(1, round(levels.shape[1] / scale)), max(1, round(levels.shape[0] / scale))
        small = cv2.resize(levels, reduced, interpolation=cv2.INTER_AREA)
        levels = np.asarray(small, np.float32)
    matrix = in_pixels(transform, size, _size(levels))
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # between the middles of pixels
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(levels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    ones = np.ones(levels.shape[:2], np.float32)
    inside = cv2.warpAffine(ones, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    shared = inside > 0.99
    if lies_on(transform):
        edge = 0 if shared.all() else _EDGE
    else:  # what is around the one shines in at the edges of the other
        upright = min(np.abs(np.diag(matrix)).max(), np.abs(matrix[[0, 1], [1, 0]]).max()) < 0.02
        edge = _EDGE if upright else _SLANTED_EDGE
    if edge:
        kernel = np.ones((2 * edge + 1, 2 * edge + 1), np.uint8)
        outside = 1 if lies_on(transform) else 0
        small = shared.astype(np.uint8)
        shared = cv2.erode(small, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=outside) > 0
    return np.clip(warped, 0, 255, dtype=np.float32), shared


def inverse(transform: Transform) -> Transform:
    """The transform from the hit to the query."""
    turn = np.linalg.inv(transform[:, :2])
    return np.column_stack([turn, -turn @ transform[:, 2]])


def _correlation(first: Grey, second: Grey, shared: Mask) -> float:
    if shared.sum() < 16:
        return 0.0
    a, b = first[shared], second[shared]
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt(dot(a, a) * dot(b, b)))
    return 0.0 if length < 1e-3 else dot(a, b) / length


def _refined(query: Pixels, hit: Pixels, laid: Laid) -> Transform | None:
    """The transform, moved a little so that the two agree best; ``None`` if that finds nothing."""
    first, second = luminance(laid.query), luminance(laid.hit)
    fixed, moved = (first, second) if laid.of == "query" else (second, first)
    if min(fixed.shape) < 16:
        return None
    start = np.eye(2, 3, dtype=np.float32)
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _LEAST_STEP)
    mask = laid.shared.astype(np.uint8)
    try:
        _, matrix = cv2.findTransformECC(fixed, moved, start, cv2.MOTION_AFFINE, until, mask, 5)
    except cv2.error:  # it found no way up
        return None
    step = np.array(matrix, np.float64)  # pixels of the frame to pixels of what was warped to it
    step[:, 2] += 0.5 - step[:, :2].sum(axis=1) / 2
    width, height = _size(fixed)
    if np.abs(step - np.eye(2, 3))[:, :2].max() > 0.1:
        return None
    shares = step.copy()
    shares[:, :2] *= np.array([width, height], np.float64)
    shares /= np.array([width, height], np.float64)[:, None]
    frame = np.vstack([shares, [0, 0, 1]])
    if laid.of == "query":  # the frame's shares, then what was the hit's
        whole = np.vstack([laid.transform, [0, 0, 1]]) @ frame
    else:
        whole = np.linalg.inv(frame) @ np.vstack([laid.transform, [0, 0, 1]])
    return np.asarray(whole[:2], np.float64)
