"""Codes that are near far more others than codes usually are, counted as their pairs stream by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError

__all__ = ["LEAST_NEIGHBOURS", "NeighbourCounts"]

Ints = npt.NDArray[np.int64]
Pairs = tuple[Ints, Ints, npt.NDArray[np.int32]]

LEAST_NEIGHBOURS = 100
"""Fewer neighbours never make a hub."""

_TIMES = 10  # as many neighbours as the median code has


class NeighbourCounts:
    """How many neighbours each code has, of the pairs that were seen: four bytes a code.

    A *hub* has at least :data:`LEAST_NEIGHBOURS`, and ten times as many as the median code. A
    thousand screenshots of one program are hubs of each other: among them every code is near
    every other, and a thousand pictures make half a million pairs.

    Args:
        ids: of all codes that may come, int64 (n,), strictly increasing; or how many codes there
            are, and rows are their ids.

    Example:
        >>> counts = NeighbourCounts(1000)
        >>> codes = np.random.default_rng(0).integers(0, 256, (1000, 8), np.uint8)
        >>> codes[:200] = 0
        >>> for pairs in counts.watched(all_pairs(codes, 64, 2)):
        ...     pass
        >>> len(counts.hubs())
        200
    """

    def __init__(self, ids: Ints | int) -> None:
        if not isinstance(ids, int):
            if ids.dtype != np.int64 or ids.ndim != 1 or (np.diff(ids) <= 0).any():
                raise UsageError("ids of codes are int64 (n,), strictly increasing")
        elif ids < 0:
            raise UsageError(f"there are at least 0 codes, not {ids}")
        self._ids = None if isinstance(ids, int) else ids
        self._counts = np.zeros(ids if isinstance(ids, int) else len(ids), np.uint32)

    @property
    def counts(self) -> npt.NDArray[np.uint32]:
        """Neighbours of each code so far, uint32 (n,)."""
        return self._counts

    def add(self, pairs: Pairs) -> None:
        """Count some pairs.

        Raises:
            UsageError: an id is none of the codes'.
        """
        for ids in pairs[:2]:
            np.add.at(self._counts, self._rows(ids), np.uint32(1))

    def watched(self, pairs: Iterator[Pairs]) -> Iterator[Pairs]:
        """The same pairs, which are counted as they pass."""
        for some in pairs:
            self.add(some)
            yield some

    def hubs(self, least: int = LEAST_NEIGHBOURS) -> Ints:
        """Ids of the hubs among the codes, int64, the one with the most neighbours first.

        Args:
            least: neighbours that a hub has at least.

        Raises:
            UsageError: ``least`` below 1.
        """
        if least < 1:
            raise UsageError(f"a hub has at least 1 neighbour, not {least}")
        if not len(self._counts):
            return np.empty(0, np.int64)
        limit = max(float(least), _TIMES * float(np.median(self._counts)))
        rows = np.flatnonzero(self._counts >= limit)
        rows = rows[np.argsort(-self._counts[rows].astype(np.int64), kind="stable")]
        return rows if self._ids is None else self._ids[rows]

    def _rows(self, ids: Ints) -> Ints:
        rows = ids
        if self._ids is not None:
            rows = np.searchsorted(self._ids, ids)
        known = len(self._counts)
        there = (rows >= 0) & (rows < known)
        if self._ids is not None and known:
            there &= self._ids[np.minimum(rows, known - 1)] == ids
        if not there.all():
            raise UsageError(f"there is no code with the id {int(ids[~there][0])}")
        return rows
