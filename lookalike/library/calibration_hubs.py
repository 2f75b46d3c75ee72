"""Pictures that are near to far too many others, and how much less a hit of one is worth.

A page of text, a plain sky or a black frame is as near to hundreds of pictures as two others are to
each other once in a thousand. Such a picture, a *hub*, turns up for every query. Its chance is as
many times greater as it has more near pictures than there should be. Flat and tiny pictures give
codes that mean little, and are held to the same rule.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words
from lookalike.library.calibration import Calibration
from lookalike.library.calibration_counts import turns
from lookalike.library.calibration_sample import is_hash, limits_of
from lookalike.library.engine import ContentIds, Table

__all__ = ["DOUBTFUL", "HUB", "TINY", "Hubs", "is_tiny"]

Reals = npt.NDArray[np.float64]

HUB = 20.0
"""A picture with so many times more near pictures than expected is a hub."""

DOUBTFUL = 10.0
"""How many times the chance of a flat or tiny picture is, if it isn't more by the first rule."""

TINY = 32
"""Pixels of the shorter side: a smaller picture is tiny."""

_PICTURES = 2_000  # of the library that each one is compared with
_RATE = 2e-3  # of the pictures that are near: four of them are expected
_ROOM = 1 << 20  # distances that are worked out at a time


class Hubs:
    """Tells the hubs of a library by one of its codes; nothing in it changes.

    Args:
        table: of the codes.
        calibration: of the same.
        seed: of the choice of the pictures that the others are compared with.
    """

    def __init__(self, table: Table, calibration: Calibration, seed: int = 0) -> None:
        self._encoder = table.encoder
        self._contents = table.sample(_PICTURES, seed)
        self._words: Words = table.stored(self._contents).words
        near = calibration.distances <= np.log10(_RATE)
        self.radius = int(near.sum()) - 1
        """Bits up to which pictures are near; -1 where too many are at any distance."""
        rate = 10.0 ** calibration.distances[self.radius] if self.radius >= 0 else 0.0
        self._expected = rate * len(self._contents)

    def factors(self, contents: ContentIds, words: Words, quality: npt.NDArray[np.uint8]) -> Reals:
        """How many times its usual chance a hit has, by the picture that it is: 1 for most.

        Args:
            contents: int64 (n,).
            words: their codes, padded to 64-bit words, uint64 (n, words).
            quality: uint8 (n,).

        Returns:
            float64 (n,), at least 1.
        """
        found = np.ones(len(contents))
        # Of few pictures, or at no distance, nobody can say what is too many.
        if self._expected >= 1:
            more = self._near(contents, words) / self._expected
            found = np.where(more >= HUB, more, found)
        if self._encoder.slot == "pdq":
            flat = quality < limits_of(self._encoder).quality
            found = np.where(flat, np.maximum(found, DOUBTFUL), found)
        return found

    def _near(self, contents: ContentIds, words: Words) -> Reals:
        """For each of the contents, sampled pictures that are near, but for itself."""
        if not len(contents):
            return np.zeros(0)
        asked = turns(words, self._encoder.bits, turned=is_hash(self._encoder))
        counts = np.zeros(len(contents))
        step = max(1, _ROOM // max(1, len(self._contents)))
        for start in range(0, len(contents), step):
            rows = slice(start, start + step)
            near = np.zeros((len(contents[rows]), len(self._contents)), np.bool_)
            for turn in asked:
                apart = np.zeros(near.shape, np.uint16)
                for own, other in zip(turn[rows].T, self._words.T, strict=True):
                    apart += np.bitwise_count(own[:, None] ^ other)
                near |= apart <= self.radius
            near &= contents[rows, None] != self._contents
            counts[rows] = near.sum(1)
        return counts


def is_tiny(width: int, height: int) -> bool:
    """Whether a picture of so many pixels is too small to be told from others."""
    return min(width, height) < TINY
