"""Whether pairs of near codes are right, each there once, and none of the planted ones missing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import LookalikeError
from lookalike.indexes.pairs import Pairs
from lookalike.types import Codes

__all__ = ["PairsCheck"]

_AT_ONCE = 1 << 16  # pairs that are checked at a time
_HELD = 4_000_000  # pairs that are held to see whether one comes twice: 8 bytes each


class PairsCheck:
    """Takes pairs as they are found, and holds few of them.

    Every distance is recomputed, and every planted pair looked for. Whether a pair comes twice is
    looked at among all pairs as long as there are few; then among those of every second, fourth
    and so on first row, whatever their second row is.

    Args:
        codes: packed.
        copied: rows of planted pairs, the lower first, int64 (n, 2).
        radius: in bits.
        held: pairs that are held at most, about.
    """

    def __init__(
        self,
        codes: Codes,
        copied: npt.NDArray[np.int64],
        radius: int,
        held: int = _HELD,
    ) -> None:
        self._codes, self._radius, self._most = codes, radius, held
        self._wanted = np.sort(copied[:, 0] * len(codes) + copied[:, 1])
        self._seen = np.zeros(len(self._wanted), np.bool_)
        self._keys: list[npt.NDArray[np.int64]] = []
        self._held = self._count = 0
        self._every = 1

    def take(self, part: Pairs) -> None:
        """Check some pairs.

        Raises:
            LookalikeError: a distance is wrong, or too far.
        """
        for low in range(0, len(part[0]), _AT_ONCE):
            i, j, distances = (column[low : low + _AT_ONCE] for column in part)
            true = np.bitwise_count(self._codes[i] ^ self._codes[j]).sum(axis=1, dtype=np.int64)
            right = np.array_equal(true, distances) and (true <= self._radius).all()
            if not (right and (i < j).all()):
                raise LookalikeError("all pairs: a distance is wrong")
            keys = i * len(self._codes) + j
            places = np.minimum(np.searchsorted(self._wanted, keys), len(self._wanted) - 1)
            if len(self._wanted):
                self._seen[places[self._wanted[places] == keys]] = True
            self._hold(keys[i % self._every == 0])
        self._count += len(part[0])

    def _hold(self, keys: npt.NDArray[np.int64]) -> None:
        self._keys.append(keys)
        self._held += len(keys)
        while self._held > self._most:
            self._every *= 2
            every = np.concatenate(self._keys)
            self._keys = [every[every // len(self._codes) % self._every == 0]]
            self._held = len(self._keys[0])
            if self._every > len(self._codes):
                break

    def ended(self) -> int:
        """How many pairs there are.

        Raises:
            LookalikeError: one of them came twice, or a planted one is missing.
        """
        keys = np.sort(np.concatenate([np.empty(0, np.int64), *self._keys]))
        if (keys[1:] == keys[:-1]).any():
            raise LookalikeError("all pairs: a pair comes twice")
        if not self._seen.all():
            raise LookalikeError("all pairs: a pair is missing")
        return self._count
