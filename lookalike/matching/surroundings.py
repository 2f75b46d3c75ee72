"""What is around a picture that lies in another one: a border, a screen, or more of a picture."""

from __future__ import annotations

import numpy as np

from lookalike.types import Part, Pixels

__all__ = ["is_ground"]

_SPREAD = 28  # levels between the pixels of a plain line
_FEW = 0.1  # of the pixels of a line, such as of the corner of a letter
_COLOURS = 6  # that a border, or an interface, is made of
_NEAR = 14  # levels
_LEAST_GROUND = 0.7
_LEAST_SIDE = 2  # pixels


def is_ground(pixels: Pixels, box: Part) -> bool:
    """Whether what is around a box is no picture, but a border, a page or an interface.

    Right beside it, lines are plain; and a few colours make up nearly all of the rest, which those
    of a photograph don't.

    Args:
        pixels: RGB, uint8 (height, width, 3).
        box: left, top, right and bottom as shares of the sides.
    """
    height, width = pixels.shape[:2]
    left, right = (round(min(max(box[i], 0.0), 1.0) * width) for i in (0, 2))
    top, bottom = (round(min(max(box[i], 0.0), 1.0) * height) for i in (1, 3))
    if left >= right or top >= bottom:
        return False  # less than a pixel of it is there
    return _lines_are_plain(pixels, left, top, right, bottom) and (
        ground_share(pixels, left, top, right, bottom) >= _LEAST_GROUND
    )


def _lines_are_plain(pixels: Pixels, left: int, top: int, right: int, bottom: int) -> bool:
    height, width = pixels.shape[:2]
    lines = []
    if top >= _LEAST_SIDE:
        lines.append(pixels[max(top - 3, 0) : max(top - 1, 1), left:right])
    if bottom <= height - _LEAST_SIDE:
        lines.append(pixels[min(bottom + 1, height - 1) : bottom + 3, left:right])
    if left >= _LEAST_SIDE:
        lines.append(pixels[top:bottom, max(left - 3, 0) : max(left - 1, 1)].swapaxes(0, 1))
    if right <= width - _LEAST_SIDE:
        lines.append(pixels[top:bottom, min(right + 1, width - 1) : right + 3].swapaxes(0, 1))
    return all(_best_spread(band) <= _SPREAD for band in lines)


def _best_spread(band: Pixels) -> float:
    """Of the plainest line of a band: levels between its pixels, but for a few."""
    low, high = np.quantile(band, (_FEW / 2, 1 - _FEW / 2), axis=1)
    return float((high - low).max(axis=1).min())


def ground_share(pixels: Pixels, left: int, top: int, right: int, bottom: int) -> float:
    """How much of what is around a box has one of the few most frequent colours there."""
    outside = np.ones(pixels.shape[:2], np.bool_)
    outside[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
    colours = pixels[outside].astype(np.int16)  # (n, 3)
    if not len(colours):
        return 1.0
    total = len(colours)
    rest = colours
    for _ in range(_COLOURS):
        if not len(rest):
            break
        coarse = (rest[:, 0] // 16) * 256 + (rest[:, 1] // 16) * 16 + rest[:, 2] // 16
        bin_ = int(np.bincount(coarse, minlength=4096).argmax())
        middle = np.median(rest[coarse == bin_], axis=0)
        rest = rest[np.abs(rest - middle).max(axis=1) > _NEAR]
    return 1 - len(rest) / total
