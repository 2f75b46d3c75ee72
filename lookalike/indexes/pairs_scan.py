"""Pairs by comparing some codes with all later ones, strip by strip."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import batches, sifting, slices
from lookalike.codes.shortlists import ROW_BITS
from lookalike.indexes.threads import run

__all__ = ["STRIP_ROWS", "ScanStrips"]

Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]

STRIP_ROWS = 1 << 14
"""Codes that are compared with all later ones at a time."""

_SPACE = 1 << 17  # pairs that a thread finds before it hands them over, 1.5 MiB


class ScanStrips:
    """The strips of some codes, of which each thread has one.

    Args:
        codes: packed or words, contiguous.
        bits: their width.
        limit: radius + 1, at most ``bits`` + 1.
        low: first of the rows that are compared with all later ones.
        high: behind the last of them.
        threads: that share the strips.
    """

    def __init__(
        self, codes: npt.NDArray[Any], bits: int, limit: int, low: int, high: int, threads: int
    ) -> None:
        self._make = partial(_Strip, codes, bits, limit)
        self._next, self._end, self._threads = low, high, threads
        self._strips: list[_Strip] = []

    def more(self) -> list[Found]:
        """Some of the next pairs, from each thread; there may be none."""
        while self._next < self._end and len(self._strips) < self._threads:
            after = min(self._next + STRIP_ROWS, self._end)
            self._strips.append(self._make(self._next, after))
            self._next = after
        found = run([strip.more for strip in self._strips])
        self._strips = [strip for strip in self._strips if not strip.done()]
        return found

    def done(self) -> bool:
        """Whether all pairs were handed over."""
        return self._next >= self._end and not self._strips


class _Strip:
    """Some codes that are to be compared with all later ones, as far as that has come."""

    def __init__(
        self, codes: npt.NDArray[Any], bits: int, limit: int, first: int, after: int
    ) -> None:
        address = codes.__array_interface__["data"][0]
        row_bytes = codes.shape[1] * codes.itemsize
        queries = np.array(codes[first:after]).view(np.uint8)
        work = sifting.space(bits, nearest=False)
        kernel: Any = batches.within
        self._codes = codes  # read by their address
        self._first, self._end = first, len(codes)
        self._progress = np.array([first, 0])
        self._owners = np.empty(_SPACE, np.int32)
        self._keys = np.empty(_SPACE, np.int64)
        self._go = partial(
            kernel,
            *(slices.kind(bits), address, row_bytes, first, len(codes), queries),
            *(slices.limits(bits), 0, work, limit, first),
            *(self._progress, self._owners, self._keys),
        )

    def done(self) -> bool:
        return int(self._progress[0]) >= self._end

    def more(self) -> Found:
        """The next pairs, as many as there is room for."""
        total = self._go()
        keys = self._keys[:total]
        return (
            self._owners[:total].astype(np.int64) + self._first,
            keys & ((1 << ROW_BITS) - 1),
            (keys >> ROW_BITS).astype(np.int32),
        )
