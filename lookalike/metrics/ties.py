"""What ties do to a figure: how many there are, and how far their order could move it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.metrics.counts import Counts
from lookalike.metrics.ranking import average_precision

__all__ = ["map_bounds", "tied_at"]

Floats = npt.NDArray[np.float64]


def map_bounds(counts: Counts) -> tuple[Floats, Floats]:
    """The average precision of each query in the worst and in the best order of tied codes.

    What breaks ties by the order of the database gives anything between the two.
    :func:`~lookalike.metrics.ranking.average_precision` is the mean over all orders.

    Args:
        counts: of each query.

    Returns:
        Worst and best, float64 (queries,) each.
    """
    right, wrong = counts.relevant, counts.totals - counts.relevant
    none = np.zeros_like(right)

    def ordered(*groups: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]) -> Floats:
        totals, relevant = (
            np.stack([group[place] for group in groups], 2).reshape(len(counts), -1)
            for place in (0, 1)
        )
        return average_precision(Counts(totals, relevant))

    return ordered((wrong, none), (right, right)), ordered((right, right), (wrong, none))


def tied_at(counts: Counts, k: int) -> Floats:
    """How many codes share the distance of the code at rank k, that code included.

    Where it is 1, the first k are the same in every order; else it depends on the order which of
    the tied codes are among them.

    Args:
        counts: of each query.
        k: the rank, from 1 on.

    Returns:
        float64 (queries,); 0 where the database has fewer than k codes.

    Raises:
        UsageError: ``k`` is less than 1.
    """
    if k < 1:
        raise UsageError(f"a rank is at least 1, not {k!r}")
    reached = np.cumsum(counts.totals, axis=1, dtype=np.int64) >= k
    group = reached.argmax(1)
    sizes = np.take_along_axis(counts.totals, group[:, None], 1)[:, 0]
    return np.where(reached.any(1), sizes, 0).astype(np.float64)
