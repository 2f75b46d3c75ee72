"""Which of two pictures lost levels that the other one has, so that it was made from that one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.match import Side
from lookalike.matching.edits_laid import Laid, Mask

__all__ = ["lost_levels"]

_LIMIT = 3  # levels from black and white: what compression does to what is cut off
_LEAST_SHARE = 0.004  # of all samples
_CLEARLY = 4.0  # times as many as the other one lost
_SPREAD = 9.0  # levels of the other one, from the first tenth to the last: there was something
_MOST_SAMPLES = 60_000


def lost_levels(laid: Laid, shared: Mask) -> Side | None:
    """Which of the two is cut off at black or white where the other one still shows something.

    What is brighter loses its lights, and what has more contrast both ends. Nothing brings them
    back: the other one is nearer to what both come of. What is white in both, or white in one and
    evenly grey in the other, says nothing.

    Args:
        laid: the pair.
        shared: where both are.
    """
    step = max(1, 3 * int(shared.sum()) // _MOST_SAMPLES)
    query, hit = laid.query[shared][::step].ravel(), laid.hit[shared][::step].ravel()
    if not len(query):
        return None
    of_query, of_hit = _share(query, hit), _share(hit, query)
    if max(of_query, of_hit) < _LEAST_SHARE:
        return None
    if of_query > _CLEARLY * of_hit:
        return "query"
    return "hit" if of_hit > _CLEARLY * of_query else None


def _share(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Of the samples, at a limit of one of them where the other one has levels of many kinds."""
    share = 0.0
    for at in (one <= _LIMIT, one >= 255 - _LIMIT):
        count = int(at.sum())
        if count >= _LEAST_SHARE * len(one):
            low, high = np.quantile(other[at], (0.1, 0.9))
            if high - low > _SPREAD:
                share += count / len(one)
    return share
