"""What is around a picture that lies in another one: a border, a screen, or more of a picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.types import Part, Pixels

__all__ = ["is_ground"]

_SPREAD = 28  # levels between the pixels of a plain line
_FEW = 0.1  # of the pixels of a line, such as of the corner of a letter
_COLOURS = 6  # that a border, or an interface, is made of
_NEAR = 14  # levels
_LEAST_GROUND = 0.7
_LEAST_SIDE = 2  # pixels
_CELL = 4  # pixels: lines and letters fill few cells, pictures nearly all of theirs
_FILLED = 0.75  # of a cell
_ANOTHER = 0.1  # of the box: a picture beside it that is as large as that is one of its own
_PLAIN = 0.75  # of a bar or a keyboard has one of two colours, of a photograph less


def is_ground(pixels: Pixels, box: Part) -> bool:
    """Whether what is around a box is no picture, but a border, a page or an interface.

    Right beside it, lines are plain; and a few colours make up nearly all of the rest, which those
    of a photograph don't. What has another picture on it is a page, and no border: that picture
    would be lost with it.

    Args:
        pixels: RGB, uint8 (height, width, 3).
        box: left, top, right and bottom as shares of the sides.
    """
    height, width = pixels.shape[:2]
    left, right = (round(min(max(box[i], 0.0), 1.0) * width) for i in (0, 2))
    top, bottom = (round(min(max(box[i], 0.0), 1.0) * height) for i in (1, 3))
    if left >= right or top >= bottom:
        return False  # less than a pixel of it is there
    if not _lines_are_plain(pixels, left, top, right, bottom):
        return False
    outside = np.ones((height, width), np.bool_)
    outside[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
    if _share_of_colours(pixels[outside], _COLOURS) < _LEAST_GROUND:
        return False
    return not _has_picture(pixels, outside, _ANOTHER * (right - left) * (bottom - top))


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


def _share_of_colours(pixels: Pixels, count: int) -> float:
    """How many of some pixels (n, 3) have one of so many most frequent colours."""
    rest = pixels.astype(np.int16)
    for _ in range(count):
        if not len(rest):
            break
        rest = rest[~_of_ground(rest)]
    return 1 - len(rest) / max(1, len(pixels))


def _of_ground(colours: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Which of some pixels (n, 3) have the most frequent colour, or nearly."""
    coarse = (colours[:, 0] // 16) * 256 + (colours[:, 1] // 16) * 16 + colours[:, 2] // 16
    middle = np.median(colours[coarse == int(np.bincount(coarse).argmax())], axis=0)
    near: npt.NDArray[np.bool_] = np.abs(colours - middle).max(axis=1) <= _NEAR
    return near


def _has_picture(pixels: Pixels, outside: npt.NDArray[np.bool_], least: float) -> bool:
    """Whether there is a piece of many colours outside, of so many pixels at least."""
    from lookalike.matching.opencv import cv2

    if outside.sum() < least:
        return False
    other = np.zeros(outside.shape, np.bool_)
    other[outside] = ~_of_ground(pixels[outside].astype(np.int16))
    rows, columns = pixels.shape[0] // _CELL, pixels.shape[1] // _CELL
    height, width = rows * _CELL, columns * _CELL
    cells = other[:height, :width].reshape(rows, _CELL, columns, _CELL)
    filled = (cells.mean(axis=(1, 3)) >= _FILLED).astype(np.uint8)
    if filled.sum() * _CELL * _CELL < least:
        return False
    _, labels, stats, _ = cv2.connectedComponentsWithStats(filled)
    for label in range(1, len(stats)):
        if stats[label, cv2.CC_STAT_AREA] * _CELL * _CELL >= least:
            piece = np.repeat(np.repeat(labels == label, _CELL, 0), _CELL, 1)
            if _share_of_colours(pixels[:height, :width][piece], 2) < _PLAIN:
                return True
    return False
