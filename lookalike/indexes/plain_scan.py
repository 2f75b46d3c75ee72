"""Exact search without a compiler: the NumPy twin of :class:`~lookalike.indexes.scan.Scan`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.codes import plain
from lookalike.indexes.arguments import (
    check_allowed,
    check_codes,
    check_ids,
    check_k,
    check_radius,
)
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["PlainScan"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]


class PlainScan:
    """As :class:`~lookalike.indexes.scan.Scan`, with the same answers, in NumPy and in one thread.

    It is ready at once, where Scan needs Numba, and takes 10 to 30 times as long for each question.

    Args:
        codes: packed codes, uint8 (n, ceil(bits / 8)), or their words, uint64
            (n, ceil(bits / 64)), as :func:`lookalike.codes.bits.to_words` makes them; padding
            bits zero. Packed codes are copied to words at the first question.
        bits: width of the codes, 1 to 4096.
        ids: int64 (n,), strictly increasing and not negative; the row numbers if omitted.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> scan = PlainScan(np.array([[0b11110000], [0b00000001]], dtype=np.uint8), bits=8)
        >>> scan.search(np.array([[0b00000000]], dtype=np.uint8), k=2)[0]
        [Hit(id=1, distance=1), Hit(id=0, distance=4)]
    """

    def __init__(
        self, codes: Codes | npt.NDArray[np.uint64], bits: int, ids: Ints | None = None
    ) -> None:
        check_codes(codes, bits)
        self._bits = int(bits)
        self._codes: npt.NDArray[Any] = codes
        self._ids = None if ids is None else check_ids(ids, len(codes))

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._bits

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._codes)

    def search(self, queries: Codes, k: int, *, allowed: Allowed = None) -> Hits:
        """The k nearest codes of each query: see :meth:`lookalike.indexes.scan.Scan.search`."""
        k = check_k(k)
        words = packed.to_words(packed.check(queries, self._bits, name="queries"))
        allowed = check_allowed(allowed, len(self))
        rows, distances = plain.nearest(self._words(), words, k, allowed)
        if self._ids is not None and len(self._ids):
            rows = np.where(rows < 0, -1, self._ids[rows])
        return Hits(rows, distances, True)

    def within(self, queries: Codes, radius: int, *, allowed: Allowed = None) -> RadiusHits:
        """All codes in a radius of each query: see :meth:`lookalike.indexes.scan.Scan.within`."""
        radius = check_radius(radius)
        words = packed.to_words(packed.check(queries, self._bits, name="queries"))
        allowed = check_allowed(allowed, len(self))
        owners, rows, distances = plain.within(self._words(), words, radius, allowed)
        offsets = np.searchsorted(owners, np.arange(len(queries) + 1))
        ids = rows if self._ids is None else self._ids[rows]
        return RadiusHits(offsets=offsets, ids=ids, distances=distances, exact=True)

    def _words(self) -> packed.Words:
        if self._codes.dtype == np.uint8:
            self._codes = packed.to_words(self._codes)
        return self._codes
