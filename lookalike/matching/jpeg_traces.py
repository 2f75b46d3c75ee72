"""The quality of the JPEG that a picture was once, by the steps that show in its pixels.

A JPEG keeps the frequencies of 8 x 8 pixels in whole steps. Decoded and saved anew, without loss or
with less of it, a picture still has frequencies that are nearly whole numbers of these steps, on
the same grid (Z. Fan and R. de Queiroz, "Identification of Bitmap Compression History: JPEG
Detection and Quantizer Estimation", 2003). Resizing it takes that away.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.matching.jpeg_quality import quality_of_steps
from lookalike.types import Pixels

__all__ = ["jpeg_traces"]

_SIDE: Final = 8
_MOST_SIDE = 1024  # pixels, and blocks of these: more tell no more
_MOST_BLOCKS = 1000
_LUMINANCE: Final = np.array([0.299, 0.587, 0.114], np.float32)
_LEAST_SPREAD = 2.0  # levels: blocks without structure have no frequencies to look at
# Those of the lowest frequencies: the others are zero in most blocks.
_ROWS: Final = np.array([0, 1, 1, 0, 2, 1, 2, 2, 0, 3])
_COLUMNS: Final = np.array([1, 0, 1, 2, 0, 2, 1, 2, 3, 0])
# Steps that can be told from the noise of rounding levels, which is about half a level.
_STEPS: Final = np.arange(3, 121)
_INSIDE = (0.6, 12.0)  # steps: nothing is known of zeros, and far off the noise adds up
_LEAST_VALUES, _LEAST_MEAN, _LEAST_FREQUENCIES = 12, 0.5, 4
_SURE = 6.0  # standard deviations of the mean that values without steps have
_NEAR: Final = np.abs(np.log(_STEPS[:, None] / _STEPS)) < 0.25


def _transform() -> npt.NDArray[np.float32]:
    """The cosine transform of 8 values, a row for each frequency."""
    k = np.arange(_SIDE)
    made = np.sqrt(2 / _SIDE) * np.cos((2 * k[None] + 1) * k[:, None] * np.pi / (2 * _SIDE))
    made[0] /= np.sqrt(2)
    return np.asarray(made, np.float32)


_COSINES: Final = _transform()


def jpeg_traces(pixels: Pixels) -> int | None:
    """The quality of a JPEG, 1 to 100 as the Independent JPEG Group counts it, that shows.

    Steps below 3 don't show, so that a quality above 91 or so stays unseen. Of several, one on top
    of the other, it is that of the coarsest. The grid is looked for at each of the four corners,
    so that a mirrored or turned picture tells it, too; not of one that was cropped.

    Args:
        pixels: all of the picture, at its own size, RGB, uint8 (height, width, 3).

    Returns:
        ``None`` where nothing shows.
    """
    height, width = pixels.shape[:2]
    for top in dict.fromkeys((0, height % _SIDE)):
        for left in dict.fromkeys((0, width % _SIDE)):
            seen = _quality(_middle(pixels[top:, left:]) @ _LUMINANCE)
            if seen is not None:
                return seen
    return None


def _middle(pixels: Pixels) -> Pixels:
    """As much of it as tells enough, on the same grid."""
    rows, columns = (max(0, side - _MOST_SIDE) // (2 * _SIDE) * _SIDE for side in pixels.shape[:2])
    return pixels[rows : rows + _MOST_SIDE, columns : columns + _MOST_SIDE]


def _quality(luma: npt.NDArray[np.float32]) -> int | None:
    """The quality that shows on a grid."""
    rows, columns = luma.shape[0] // _SIDE, luma.shape[1] // _SIDE
    cut = luma[: rows * _SIDE, : columns * _SIDE].reshape(rows, _SIDE, columns, _SIDE)
    blocks = cut.swapaxes(1, 2).reshape(-1, _SIDE, _SIDE)
    if len(blocks) > 4 * _MOST_BLOCKS:
        blocks = blocks[np.linspace(0, len(blocks) - 1, 4 * _MOST_BLOCKS).astype(np.int64)]
    # What is cut off at black and white has lost its steps.
    low, high = blocks.min(axis=(1, 2)), blocks.max(axis=(1, 2))
    blocks = blocks[(low > 1) & (high < 254) & (high - low > 2 * _LEAST_SPREAD)]
    if len(blocks) > _MOST_BLOCKS:
        blocks = blocks[np.linspace(0, len(blocks) - 1, _MOST_BLOCKS).astype(np.int64)]
    if len(blocks) < _LEAST_VALUES:
        return None
    values = np.abs((_COSINES @ blocks @ _COSINES.T)[:, _ROWS, _COLUMNS])
    steps = np.zeros(len(_ROWS))
    for place in range(len(_ROWS)):
        times = values[:, place][None] / _STEPS[:, None]
        inside = (times > _INSIDE[0]) & (times < _INSIDE[1])
        count = inside.sum(axis=1)
        means = (np.cos(2 * np.pi * times) * inside).sum(axis=1) / np.maximum(count, 1)
        means[count < _LEAST_VALUES] = 0
        # Half and a third of a step fit as well, and one a little off it more badly than it.
        peak = means >= np.max(np.where(_NEAR, means, 0), axis=1)
        sure = means * np.sqrt(2 * count) > _SURE
        good = np.flatnonzero(peak & sure & (means > _LEAST_MEAN))
        if len(good):
            steps[place] = _STEPS[good[-1]]
    known = steps > 0
    if known.sum() < _LEAST_FREQUENCIES:
        return None
    return quality_of_steps(steps[known], _ROWS[known], _COLUMNS[known])
