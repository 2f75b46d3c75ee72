"""What is laid over one of two pictures: a text, a watermark, a sticker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.match import Side
from lookalike.matching.edits_curve import Matched
from lookalike.matching.edits_detail import Detail, smooth
from lookalike.matching.edits_laid import Levels, Mask, as_bytes, luminance, strongest
from lookalike.matching.opencv import cv2

__all__ = ["Overlay", "overlay"]

_LEAST = 14.0  # levels that a stroke differs by
_RESIDUAL = 4.5  # times the usual difference of the pair
_NOISES = 7.0  # times the deviation in the highest octave, a half of it all
_CONTRAST = 0.35  # of the contrast around it, which is what resampling moves
_BLURRED = 0.12  # of the contrast that was blurred
_LEAST_SHARE = 0.0008  # of the area
_MOST_SHARE = 0.5
_SPECK = 6  # pixels
_SMALL = 0.04  # of the largest piece: smaller ones don't count
_STRONG = 24.0  # levels by which the strokes of one differ in the mean
_KERNEL: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Something that is laid over one of the two.

    Attributes:
        of: which of the two has it.
        box: left, top, right and bottom in pixels of the frame.
        where: all of it.
    """

    of: Side
    box: tuple[int, int, int, int]
    where: Mask


def overlay(matched: Sequence[Matched], shared: Mask, fine: Detail) -> Overlay | None:
    """Find what is laid over one of the two pictures.

    A place differs where its levels lie outside those that the other has around it, pixel by pixel
    and three wide: being laid a little wrong, and two ways of reducing, stay inside. And it does so
    by each rule that brings the one to the colours of the other.

    Args:
        matched: the two in the colours of one, best first.
        shared: where both are.
        fine: which of them has to be blurred first.
    """
    offs = [_off(pair, fine) for pair in matched]
    best = int(np.argmin([off[3] for off in offs]))
    query, hit, _, usual = offs[best]
    beyond = np.minimum.reduce([off[2] for off in offs])
    least = max(_LEAST, _RESIDUAL * usual, _NOISES * fine.noise)
    off = np.where(shared, beyond.max(axis=0), 0)
    where = off > least
    if not where.any():
        return None
    near = cv2.dilate(where.astype(np.uint8), np.ones((5, 5), np.uint8))
    count, labels = cv2.connectedComponents(near)
    sizes = np.bincount(labels[where], minlength=count)
    sizes[0] = 0
    summed = np.bincount(labels[where], weights=off[where], minlength=count)
    strength = summed / np.maximum(sizes, 1)
    kept = (sizes >= max(_SPECK, _SMALL * sizes.max())) & (strength > least * 1.2)
    pieces = kept[labels] & where
    area = float(shared.sum())
    share = float(pieces.sum()) / max(area, 1)
    if share < _LEAST_SHARE or pieces.sum() < 12 or share > _MOST_SHARE:
        return None
    if float(off[pieces].mean()) < _STRONG and share < 4 * _LEAST_SHARE:
        return None
    rows, columns = np.flatnonzero(pieces.any(axis=1)), np.flatnonzero(pieces.any(axis=0))
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return Overlay(_whose(query, hit, pieces, beyond), box, pieces)


def _off(pair: Matched, fine: Detail) -> tuple[Levels, Levels, npt.NDArray[np.float32], float]:
    """Both pictures as sharp as each other, how far each is beyond the other, and usually."""
    query, hit = pair.query, pair.hit
    usual = pair.usual
    allowed: npt.NDArray[np.float32] | float = 0.0
    if fine.sigma:
        reach = 2 * round(1.5 * fine.sigma) + 1
        sharp = luminance(hit if fine.sharper == "hit" else query)
        kernel = np.ones((reach, reach), np.uint8)
        # A blur is never quite a Gaussian, and it sees beyond the edges.
        allowed = _BLURRED * (cv2.dilate(sharp, kernel) - cv2.erode(sharp, kernel))
        if fine.sharper == "hit":
            hit = smooth(hit, fine.sigma)
        else:
            query = smooth(query, fine.sigma)
        usual = float(np.median(strongest(np.abs(query - hit))))
    beyond = np.stack([_beyond(query, hit), _beyond(hit, query)])
    return query, hit, np.maximum(beyond - allowed, 0), usual


def _beyond(levels: Levels, other: Levels) -> npt.NDArray[np.float32]:
    """How far levels lie outside those of the other around them, less what contrast explains."""
    one, two = as_bytes(levels), as_bytes(other)
    low, high = cv2.erode(two, _KERNEL), cv2.dilate(two, _KERNEL)
    # Saturated: below 0 is 0.
    beyond = cv2.max(cv2.subtract(one, high), cv2.subtract(low, one))
    contrast = cv2.subtract(high, low)
    left = cv2.addWeighted(beyond, 1, contrast, -_CONTRAST, 0, dtype=cv2.CV_32F)
    return np.maximum(strongest(np.asarray(left, np.float32)), 0)


def _whose(
    query: Levels,
    hit: Levels,
    pieces: Mask,
    beyond: npt.NDArray[np.float32],
) -> Side:
    """Whose it is: its outline is an edge there, and none in the other."""
    small = pieces.astype(np.uint8)
    ring = (cv2.dilate(small, _KERNEL) > 0) & ~(cv2.erode(small, _KERNEL) > 0)
    edges = []
    for levels in (query, hit):
        grey = luminance(levels)
        across = cv2.Scharr(grey, cv2.CV_32F, 1, 0)
        down = cv2.Scharr(grey, cv2.CV_32F, 0, 1)
        edges.append(float(np.hypot(across, down)[ring].mean()) / 32)
    edges[0] += float(beyond[0][pieces].mean())
    edges[1] += float(beyond[1][pieces].mean())
    return "query" if edges[0] >= edges[1] else "hit"
