"""What is around a picture that the other shows alone: a border, or the interface of a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lookalike.match import Part
from lookalike.matching.edits_laid import Mask
from lookalike.matching.opencv import cv2
from lookalike.matching.verdict import Transform
from lookalike.types import Pixels

__all__ = ["Surround", "surround"]

_LEAST = 0.008  # of a side
_LEAST_PIXELS = 1.6
_PLAIN = 40.0  # levels that a plain ground may be off, after compression
_NOTHING = 0.02  # share of the surround that stands out from a plain ground
_COLOURED = 60.0  # levels of chroma of what is no black or white
_BLOCKS = 5


@dataclass(frozen=True, slots=True)
class Surround:
    """What is around.

    Attributes:
        name: ``border`` for a plain one, with words in it or without; ``screenshot`` for an
            interface.
        words: where in the picture the words of a border are, as shares of its sides.
    """

    name: Literal["border", "screenshot"]
    words: Part | None = None


def surround(pixels: Pixels, transform: Transform) -> Surround | None:
    """Look at what of a picture lies outside the other.

    Args:
        pixels: the picture that may show more.
        transform: maps shares of the other to shares of this one.
    """
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], np.float64) @ transform.T
    quad = corners * (width, height)
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    margins = left / width, top / height, 1 - right / width, 1 - bottom / height
    sides = width, height, width, height
    thick = [m * s for m, s in zip(margins, sides, strict=True)]
    if max(margins) < _LEAST or max(thick) < _LEAST_PIXELS:
        return None
    inside = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(inside, np.rint(quad - 0.5).astype(np.int32), 1)
    outside = cv2.dilate(inside, np.ones((3, 3), np.uint8)) == 0
    wide = cv2.dilate(inside, np.ones((7, 7), np.uint8)) == 0
    if wide.sum() > 0.5 * outside.sum():
        outside = wide  # what is laid a little wrong shines in
    if outside.sum() < 12:
        return None
    return _named(pixels, outside)


def _named(pixels: Pixels, outside: Mask) -> Surround:
    levels = pixels.astype(np.float32)
    around = levels[outside]
    ground = _ground(around)
    content = outside & (np.abs(levels - ground).max(axis=2) > _PLAIN)
    share = float(content.sum()) / float(outside.sum())
    if share < _NOTHING:
        return Surround("border")
    found = levels[content]
    coloured = float(((found.max(axis=1) - found.min(axis=1)) > _COLOURED).mean())
    ground_chroma = float(ground.max() - ground.min())
    height, width = outside.shape
    reach = max(3, round(0.025 * max(height, width)))
    near = cv2.dilate(content.astype(np.uint8), np.ones((3, 2 * reach + 1), np.uint8))
    count, labels = cv2.connectedComponents(near)
    sizes = np.bincount(labels[content], minlength=count)
    rows = [np.flatnonzero((labels == k).any(axis=1)) for k in range(1, count) if sizes[k] >= 6]
    blocks = len(rows)
    if blocks >= _BLOCKS or (coloured > 0.05 and ground_chroma < 30) or share > 0.4:
        return Surround("screenshot")
    y, x = np.nonzero(content)
    left, right = float(x.min() / width), float((x.max() + 1) / width)
    top, bottom = float(y.min() / height), float((y.max() + 1) / height)
    return Surround("border", (left, top, right, bottom))


def _ground(around: np.ndarray) -> np.ndarray:
    """The commonest colour."""
    coarse = (around // 16).astype(np.int64) @ np.array([256, 16, 1])
    commonest = np.bincount(coarse).argmax()
    return np.asarray(np.median(around[coarse == commonest], axis=0))
