"""How far the k nearest were so far."""

from __future__ import annotations

import math

import numpy as np

from lookalike.types import Hits

__all__ = ["Reach"]

_FALL = 8  # each answer that was nearer takes one in so many off the difference


class Reach:
    """What distance the k-th neighbour is to be expected at, by the answers given.

    It rises at once and falls slowly: a search that has to go farther than expected costs more than
    one that could have stopped earlier. Nothing is known at first, and everything is far.

    Args:
        bits: width of the codes.
    """

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._known: dict[int, float] = {}  # by the number of binary digits of k

    def of(self, k: int) -> int:
        """Bits within which the k nearest are expected."""
        return int(np.ceil(self._known.get(k.bit_length(), self._bits)))

    def note(self, k: int, hits: Hits) -> None:
        """Learn from an answer; the tenth of its queries that had to go farthest counts."""
        if not len(hits):
            return
        last = np.where(hits.ids[:, -1] < 0, self._bits, hits.distances[:, -1])
        # As np.quantile(last, 0.9, method="higher"), which takes longer than a small search.
        far = float(np.sort(last)[math.ceil(0.9 * (len(last) - 1))])
        known = self._known.get(k.bit_length(), far)
        self._known[k.bit_length()] = max(far, known - (known - far) / _FALL)
