"""How much of the neighbours by real features a code keeps: a measure that needs no labels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.errors import UsageError
from lookalike.metrics import precision_at, rank_counts
from lookalike.types import Codes

__all__ = ["kept_neighbours"]

Floats = npt.NDArray[np.float32]

_BATCH = 64  # queries at once: n distances are kept of each


def kept_neighbours(
    queries: tuple[Floats, Codes], database: tuple[Floats, Codes], k: int = 10
) -> float:
    """The share of the k nearest by real features that are among the k nearest by code.

    Args:
        queries: unit vectors (m, d) and packed codes (m, ceil(bits / 8)) of the same pictures.
        database: the same of what is searched, (n, d) and (n, ceil(bits / 8)).
        k: neighbours of each query, at most n.

    Returns:
        The mean over the queries; where neighbours by code are tied, its expected value over their
        orders.

    Raises:
        UsageError: no queries, ``k`` out of range, or lengths that don't go together.
    """
    floats, codes = queries
    known, stored = database
    if not 1 <= k <= len(known):
        raise UsageError(f"k is 1 to the {len(known):,} pictures that are searched, not {k}")
    if not len(floats) or len(floats) != len(codes) or len(known) != len(stored):
        raise UsageError(
            f"vectors and codes of the same pictures are needed, not {len(floats):,} and "
            f"{len(codes):,} of queries, {len(known):,} and {len(stored):,} of others"
        )
    words, others = to_words(codes), to_words(stored)
    shares = []
    for start in range(0, len(floats), _BATCH):
        cosines = floats[start : start + _BATCH] @ known.T
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        relevant = np.zeros(cosines.shape, np.bool_)
        np.put_along_axis(relevant, nearest, values=True, axis=1)
        apart = words[start : start + _BATCH, None] ^ others[None]
        distances = np.bitwise_count(apart).sum(2, dtype=np.int64)
        shares.append(precision_at(rank_counts(distances, relevant), k))
    return float(np.concatenate(shares).mean())
