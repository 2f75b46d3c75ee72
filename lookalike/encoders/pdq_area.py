"""PDQ from area means: a perceptual hash that doesn't depend on the size of the picture.

PDQ reduces a picture to 64 x 64 by box filters whose width is a whole number of pixels, and then
takes one pixel of each cell. So a picture of 256 pixels is filtered in another way than its copy of
127, and what is finer than the cells and left in the one, where it looks like something coarser, is
gone from the other. Here each of the 64 x 64 values is the mean brightness of its cell, shares of
the pixels at its rim included: whatever its size, a copy's cells cover the same of the picture.
All else is PDQ: the 16 x 16 lowest frequencies, and a bit for each that is above the median.

It is computed in whole numbers. So the code is the same on every machine, and turning or flipping a
picture exchanges frequencies and their signs exactly.

Source: see :mod:`lookalike.encoders.perceptual`; the rest is lookalike's own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.loading import Loading
from lookalike.encoders import pdq_area_plain
from lookalike.encoders.perceptual_hash import (
    FIRST_PICTURES,
    SMALLEST,
    CopyLimits,
    Frequencies,
    PerceptualHash,
    eight,
)
from lookalike.types import Codes, Pixels

__all__ = ["PDQArea"]

Ints = npt.NDArray[np.int64]

_GRID = 64
_LEVEL = 256  # parts of one level of brightness, in which the means are counted
_ONE = 2**16  # the cosine of 0

# [i, k] for frequency i + 1: the first half, the other being its mirror image, of another sign
# where the frequency is odd.
_COSINES: Ints = np.array(
    [
        [round(_ONE * math.cos(math.pi / (2 * _GRID) * i * (2 * k + 1))) for k in range(_GRID // 2)]
        for i in range(1, 17)
    ],
    np.int64,
)


class PDQArea(PerceptualHash):
    """The encoder of the code ``pdq-area``, which answers for the slot ``pdq``.

    Codes have PDQ's bits in PDQ's order, and are near PDQ's own, but aren't to be compared with
    them. The mean brightness of each cell is exact up to 1/256 of a level.

    Args:
        threads: for batches; by default as many as the process may use processors.

    Raises:
        UsageError: ``threads`` below 1.
    """

    name = "pdq-area"
    fingerprint = "pdq-area:1:512-within-bilinear"
    limits = CopyLimits(edited=30, near=64, quality=40)

    def turned(self, pixels: Pixels) -> tuple[Codes, int]:
        """The codes of the eight rotations and flips of a picture, from one transform.

        Row ``r`` is what :meth:`encode` gives for the picture turned so, to the bit: a copy that
        was turned without loss is at distance 0.

        Args:
            pixels: RGB, uint8 (height, width, 3), as for :meth:`encode`.

        Returns:
            Codes, uint8 (8, 32), in the order of
            :data:`~lookalike.encoders.perceptual_hash.DIHEDRAL`, the first being the picture's own;
            and its quality, 0 to 100.

        Raises:
            UsageError: a picture of another type or shape.
        """
        frequencies, quality = self._transform([pixels])
        return eight(frequencies[0]), int(quality[0])

    def _kernels(self) -> Loading[Any]:
        return _KERNELS

    def _frequencies(self, kernels: Any, pixels: Pixels) -> tuple[Frequencies, int]:
        height, width = pixels.shape[:2]
        if min(height, width) < SMALLEST:
            return np.zeros((16, 16), np.int64), 0
        sums = np.empty((_GRID, _GRID), np.int64)
        if kernels is None:
            sums = pdq_area_plain.area_sums(pixels)
        else:
            flat = np.ascontiguousarray(pixels).reshape(-1)
            kernels.area_sums(flat, height, width, sums)
        # In 1/1000 of a level for each of height x width parts of a cell, rounded.
        parts = 1000 * height * width
        means = (_LEVEL * sums + parts // 2) // parts
        return _lowest(means), _quality(means)


def _kernels() -> Any:
    # Here, not above: Numba takes a third of a second to import, and a question or two needs none
    # of it.
    from lookalike.encoders import pdq_area_kernels

    return pdq_area_kernels


_KERNELS = Loading(_kernels, FIRST_PICTURES)


def _quality(means: Ints) -> int:
    """As PDQ's: the sum of the significant gradients of the reduced picture, 0 to 100."""
    white = 255 * _LEVEL
    gradients = 0
    for steps in (means[1:] - means[:-1], means[:, 1:] - means[:, :-1]):
        gradients += int((np.abs(steps) * 100 // white).sum())
    return min(gradients // 90, 100)


def _lowest(means: Ints) -> Ints:
    """The 16 x 16 lowest frequencies of 64 x 64 means without the constant ones.

    No sum exceeds 2^60: means 2^16 after centring, cosines 2^16 in each direction, 64 x 64 terms.
    """
    # Rounded cosines don't add up to quite 0: without the constant there is nothing to add up.
    centred = means - (int(means.sum()) + _GRID * _GRID // 2) // (_GRID * _GRID)
    return _down(_down(centred).T).T


def _down(lines: Ints) -> Ints:
    """The 16 lowest frequencies from top to bottom: (64, m) to (16, m)."""
    first, last = lines[: _GRID // 2], lines[: _GRID // 2 - 1 : -1]
    found = np.empty((16, lines.shape[1]), np.int64)
    found[::2] = _COSINES[::2] @ (first - last)
    found[1::2] = _COSINES[1::2] @ (first + last)
    return found
