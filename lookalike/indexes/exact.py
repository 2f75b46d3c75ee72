"""Exact search by whatever answers soonest: NumPy at first, compiled kernels from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import words_for
from lookalike.codes.loading import Loading
from lookalike.indexes.arguments import check_threads
from lookalike.indexes.plain_scan import PlainScan
from lookalike.types import Codes, Hits, RadiusHits

if TYPE_CHECKING:
    from lookalike.indexes.scan import Scan

__all__ = ["ExactScan", "exact_scan", "load_kernels"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]

FIRST_WORDS = 1 << 25
"""Words of codes, times the queries that look at them, up to which one call waits for no kernels:
eight queries of 1,000,000 codes of 256 bits, some 35 ms where loading the kernels takes 300."""

FIRST_WITHIN = 1 << 22
"""The same for calls that may find everything they look at."""

FIRST_CALLS = 24
"""Calls of a process before the kernels are loaded beside its work: some eight pictures looked
for."""


def exact_scan(
    codes: Codes | npt.NDArray[np.uint64],
    bits: int,
    ids: Ints | None = None,
    threads: int | None = None,
) -> ExactScan:
    """An exact index over codes, ready at once: what to use unless every call is a large one.

    Args:
        codes: as for :class:`~lookalike.indexes.scan.Scan`, like the others.
        bits: likewise.
        ids: likewise.
        threads: likewise.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> scan = exact_scan(np.array([[0b11110000], [0b00000001]], dtype=np.uint8), bits=8)
        >>> scan.search(np.array([[0b00000000]], dtype=np.uint8), k=2)[0]
        [Hit(id=1, distance=1), Hit(id=0, distance=4)]
    """
    return ExactScan(codes, bits, ids, threads)


class ExactScan:
    """What :func:`exact_scan` gives; the answers of both ways are the same.

    A call that looks at few codes is answered by :class:`~lookalike.indexes.plain_scan.PlainScan`
    until the kernels of :class:`~lookalike.indexes.scan.Scan` are there. They are loaded after
    :data:`FIRST_CALLS` calls of the process, or by a call that looks at more than
    :data:`FIRST_WORDS` (or :data:`FIRST_WITHIN`), which waits for them.
    """

    def __init__(
        self,
        codes: Codes | npt.NDArray[np.uint64],
        bits: int,
        ids: Ints | None,
        threads: int | None,
    ) -> None:
        check_threads(threads)
        self._given = (codes, bits, ids, threads)
        self._plain: PlainScan | None = PlainScan(codes, bits, ids)
        self._compiled: Scan | None = None
        self._words = len(codes) * words_for(bits)

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._given[1]

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._given[0])

    def search(self, queries: Codes, k: int, *, allowed: Allowed = None) -> Hits:
        """The k nearest codes of each query: see :meth:`lookalike.indexes.scan.Scan.search`."""
        return self._for(queries, FIRST_WORDS).search(queries, k, allowed=allowed)

    def within(self, queries: Codes, radius: int, *, allowed: Allowed = None) -> RadiusHits:
        """All codes in a radius of each query: see :meth:`lookalike.indexes.scan.Scan.within`."""
        return self._for(queries, FIRST_WITHIN).within(queries, radius, allowed=allowed)

    def _for(self, queries: Codes, most: int) -> Scan | PlainScan:
        if self._compiled is not None:
            return self._compiled
        plain = self._plain
        is_large = len(queries) * self._words > most
        made = _KERNELS.now() if is_large else _KERNELS.asked()
        if made is None and plain is not None:
            return plain
        self._compiled = (made or _KERNELS.now())(*self._given)
        self._plain = None  # with the words that it may have copied
        return self._compiled


def load_kernels() -> type[Scan]:
    """The compiled scan, its kernels for one picture's queries loaded."""
    from lookalike.indexes.scan import Scan

    codes = np.zeros((1 << 16, 4), np.uint64)  # large enough that threads share it
    scan = Scan(codes, 256)
    query = np.zeros((8, 32), np.uint8)
    scan.search(query, 1)
    Scan(codes[:1], 256).search(query[:1], 1)
    return Scan


_KERNELS = Loading(load_kernels, FIRST_CALLS)
