"""Binary codes of local features: near descriptors have codes that differ in few bits."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words

__all__ = ["FEATURE_BITS", "feature_codes"]

FEATURE_BITS: Final = 128
"""Width of the codes."""

_BLOCK = 4096  # descriptors at a time: 1 MiB of sums
# Which values of a descriptor change their sign before the transform: any fixed ones at random.
_SIGNS: Final = 1 - 2 * np.unpackbits(
    np.frombuffer(hashlib.shake_128(b"lookalike: signs of planes").digest(16), np.uint8)
).astype(np.int16)
# The mean descriptor of 30,000 features of photographs and aerial pictures, so that every bit is
# set about as often as not: four rows of four cells, eight orientations each.
_MEAN: Final = np.array(
    [
        [37, 32, 27, 27, 31, 23, 20, 25, 61, 42, 28, 27, 31, 26, 25, 39],
        [58, 37, 24, 26, 34, 30, 31, 43, 34, 24, 20, 25, 33, 30, 28, 31],
        [46, 33, 28, 33, 39, 29, 22, 29, 82, 49, 31, 35, 42, 32, 29, 50],
        [78, 47, 28, 33, 45, 39, 34, 50, 43, 28, 23, 31, 42, 36, 30, 33],
        [46, 29, 22, 29, 39, 33, 28, 33, 82, 50, 29, 32, 42, 35, 31, 49],
        [78, 50, 34, 39, 45, 33, 28, 47, 43, 33, 30, 36, 42, 31, 23, 28],
        [37, 25, 20, 23, 31, 27, 27, 32, 61, 39, 25, 26, 31, 27, 28, 42],
        [58, 43, 31, 30, 34, 26, 24, 37, 34, 31, 28, 30, 33, 25, 20, 24],
    ],
    np.int16,
).ravel()  # fmt: skip


def feature_codes(descriptors: npt.NDArray[np.uint8]) -> Words:
    """The sides of 128 planes that descriptors lie on.

    The planes are random and at right angles to each other, by the Walsh-Hadamard transform of
    values of random signs, so that bits in which two codes differ tell the angle between their
    descriptors (M. Charikar, "Similarity Estimation Techniques from Rounding Algorithms", 2002; J.
    Ji et al., "Super-Bit Locality-Sensitive Hashing", 2012). All is whole numbers, so that every
    machine makes the same codes.

    Args:
        descriptors: of :class:`~lookalike.matching.features.Features`, uint8 (n, 128).

    Returns:
        uint64 (n, 2).
    """
    made = np.empty((len(descriptors), FEATURE_BITS // 8), np.uint8)
    for start in range(0, len(descriptors), _BLOCK):
        sums = (descriptors[start : start + _BLOCK].astype(np.int16) - _MEAN) * _SIGNS
        half = FEATURE_BITS // 2
        while half:  # at most 128 times 255, which 16 bits hold
            pairs = sums.reshape(len(sums), -1, 2, half)
            sums = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], 2)
            half //= 2
        made[start : start + _BLOCK] = np.packbits(sums.reshape(-1, FEATURE_BITS) > 0, axis=1)
    return made.view(np.uint64)
