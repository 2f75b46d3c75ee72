"""Which lines of a picture are plain: the ground that borders and gaps are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.types import Pixels

__all__ = ["SPREAD", "PlainLines", "colours", "plain", "plain_lines"]

# A line is plain if all but a few of its pixels are this close to each other in every channel:
# compression leaves ripples in what was one colour.
SPREAD = 24
_FEW = 0.02  # of the pixels, at either end of a channel's values
_SAMPLE = 32  # pixels of a line that are looked at first: most lines of a photograph fail there
_FEW_OF_SAMPLE = 2
_FIRST = 8  # of the sample, that are looked at before the rest of it


class PlainLines(NamedTuple):
    """Which lines of a picture are plain: of its rows, bool (height,), and columns, (width,)."""

    rows: npt.NDArray[np.bool_]
    columns: npt.NDArray[np.bool_]


def plain_lines(pixels: Pixels) -> PlainLines:
    """Both ways; pixels are RGB, uint8 (height, width, 3)."""
    return PlainLines(plain(pixels), plain(pixels.swapaxes(0, 1)))


def plain(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Whether each line of a picture is plain; its columns are the lines of ``swapaxes(0, 1)``.

    Takes a fraction of a millisecond where hardly a line is plain, as in a photograph.

    Args:
        pixels: RGB, uint8 (lines, length, 3).

    Returns:
        (lines,)
    """
    found = _maybe_plain(pixels)
    rows = np.flatnonzero(found)
    if len(rows):
        low, high = _ends(pixels[rows])
        found[rows] = (high - low).max(axis=1) <= SPREAD
    return found


def colours(pixels: Pixels) -> npt.NDArray[np.float32]:
    """The colour of each line, the median of its channels; (lines, 3).

    Args:
        pixels: lines, uint8 (lines, length, 3).
    """
    middle = (pixels.shape[1] - 1) // 2
    found = np.empty((len(pixels), 3), np.float32)
    for channel in range(3):
        found[:, channel] = np.partition(pixels[..., channel], middle, axis=1)[:, middle]
    return found


def _ends(pixels: Pixels) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """The least and the largest value of each line and channel, but for a few; (lines, 3)."""
    last = pixels.shape[1] - 1
    low, high = round(_FEW * last), round((1 - _FEW) * last)
    # One channel at a time, each line in one piece, is several times faster than all at once.
    ends = np.empty((2, len(pixels), 3), np.int16)
    for channel in range(3):
        ordered = np.partition(pixels[..., channel], (low, high), axis=1)
        ends[0, :, channel], ends[1, :, channel] = ordered[:, low], ordered[:, high]
    return ends[0], ends[1]


def _maybe_plain(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Without the lines of which already some pixels, evenly over the line, differ too much."""
    sample = pixels[:, :: max(1, pixels.shape[1] // _SAMPLE)]
    count = sample.shape[1]
    if count < _SAMPLE:
        return np.ones(len(pixels), np.bool_)
    # What is left of the values of a few without their ends lies within what is left of all: most
    # lines are told by the few, for a fifth of the time.
    found = _is_narrow(sample[:, :: count // _FIRST])
    rows = np.flatnonzero(found)
    found[rows] = _is_narrow(sample[rows])
    return found


def _is_narrow(sample: Pixels) -> npt.NDArray[np.bool_]:
    """Whether the values of each line are close to each other but for a few at either end."""
    # Sorting a line's values of one channel where they lie side by side is the fast way.
    ordered = np.sort(np.ascontiguousarray(sample.swapaxes(1, 2)), axis=2)
    spread = ordered[..., -1 - _FEW_OF_SAMPLE] - ordered[..., _FEW_OF_SAMPLE]
    return np.asarray(spread.max(axis=1) <= SPREAD)
