"""How good codes are at retrieval: pure functions, averaged over ties, in bounded memory.

:func:`count_distances` compares queries with a database; everything else works on its counts.

Example:
    >>> import numpy as np
    >>> from lookalike.metrics import average_precision, count_distances
    >>> queries, database = np.array([[0]], np.uint8), np.array([[0], [1], [1], [255]], np.uint8)
    >>> labels = np.array([7, 7, 3, 7])
    >>> counts = count_distances(queries, database, 8, np.array([7]), labels)
    >>> counts.totals[0, :2].tolist(), counts.relevant[0, :2].tolist()
    ([1, 2], [1, 1])
    >>> round(float(average_precision(counts)[0]), 4)  # mean of 1, 1, 3/4 and 1, 2/3, 3/4
    0.8611
"""

from __future__ import annotations

from lookalike.metrics.counts import Counts, count_distances, count_neighbours, rank_counts
from lookalike.metrics.quality import (
    bit_balance,
    bit_correlation,
    collisions,
    mean_correlation,
    unique_codes,
)
from lookalike.metrics.ranking import (
    average_precision,
    nmrr,
    precision_at,
    precision_recall_curve,
    precision_within,
    recall_at,
    relevant_at,
)
from lookalike.metrics.ties import map_bounds, tied_at

__all__ = [
    "Counts",
    "average_precision",
    "bit_balance",
    "bit_correlation",
    "collisions",
    "count_distances",
    "count_neighbours",
    "map_bounds",
    "mean_correlation",
    "nmrr",
    "precision_at",
    "precision_recall_curve",
    "precision_within",
    "rank_counts",
    "recall_at",
    "relevant_at",
    "tied_at",
    "unique_codes",
]
