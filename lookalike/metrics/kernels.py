"""Histograms of Hamming distances: the compiled loops behind the counts.

The distances of a block of codes are computed first, which the compiler turns into vector code, and
then counted one by one, which it can't.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import popcount

__all__ = ["count", "neighbours"]

_BLOCK = 2048  # codes whose distances are kept at a time
_SIDE_BY_SIDE = 4  # histograms, so that a count needn't wait for the one before it


@compiled()
def _histogram(query: Any, codes: Any, first: int, last: int, distances: Any, counts: Any) -> None:
    """Add the distances of some codes to a histogram, which gets (4, bits + 1)."""
    words = len(query)
    for begin in range(first, last, _BLOCK):
        size = min(_BLOCK, last - begin)
        if words == 1:
            one = query[0]
            for row in range(size):
                distances[row] = popcount(one ^ codes[begin + row, 0])
        else:
            for row in range(size):
                total = np.uint64(0)
                for word in range(words):
                    total += popcount(query[word] ^ codes[begin + row, word])
                distances[row] = total
        whole = size // _SIDE_BY_SIDE * _SIDE_BY_SIDE
        for row in range(0, whole, _SIDE_BY_SIDE):
            for lane in range(_SIDE_BY_SIDE):
                counts[lane, distances[row + lane]] += 1
        for row in range(whole, size):
            counts[0, distances[row]] += 1


@compiled()
def count(queries: Any, classes: Any, codes: Any, starts: Any, totals: Any, relevant: Any) -> None:
    """Count the codes at each distance, and those of the query's class.

    Args:
        queries: uint64 (queries, words).
        classes: int64 (queries,): class of each query, -1 for none of those that there are.
        codes: uint64 (n, words), sorted by class.
        starts: int64 (classes + 1,): where each class begins.
        totals: int32 (queries, bits + 1), zeros; gets the counts.
        relevant: likewise.
    """
    bins = totals.shape[1]
    distances = np.empty(_BLOCK, np.uint16)
    counts = np.zeros((_SIDE_BY_SIDE, bins), np.int32)
    for query in range(len(queries)):
        for label in range(len(starts) - 1):
            counts[:] = 0
            _histogram(queries[query], codes, starts[label], starts[label + 1], distances, counts)
            for distance in range(bins):
                found = 0
                for lane in range(_SIDE_BY_SIDE):
                    found += counts[lane, distance]
                totals[query, distance] += found
                if label == classes[query]:
                    relevant[query, distance] += found


@compiled()
def neighbours(
    queries: Any, labels: Any, codes: Any, starts: Any, bits: int, k: int, shares_out: Any
) -> None:
    """Add to row a, column b what class b has of the k nearest of each query of class a.

    Args:
        queries: uint64 (queries, words).
        labels: int64 (queries,).
        codes: uint64 (n, words), sorted by class.
        starts: int64 (classes + 1,): where each class begins.
        bits: of a code.
        k: neighbours, at most n.
        shares_out: float64 (labels, classes).
    """
    groups = len(starts) - 1
    distances = np.empty(_BLOCK, np.uint16)
    counts = np.zeros((_SIDE_BY_SIDE, bits + 1), np.int32)
    by_class = np.zeros((groups, bits + 1), np.int64)
    for query in range(len(queries)):
        for label in range(groups):
            counts[:] = 0
            _histogram(queries[query], codes, starts[label], starts[label + 1], distances, counts)
            for distance in range(bits + 1):
                by_class[label, distance] = 0
                for lane in range(_SIDE_BY_SIDE):
                    by_class[label, distance] += counts[lane, distance]
        missing = k
        for distance in range(bits + 1):
            here = 0
            for label in range(groups):
                here += by_class[label, distance]
            if here == 0:
                continue
            share = min(missing, here) / here
            for label in range(groups):
                shares_out[labels[query], label] += share * by_class[label, distance]
            missing -= min(missing, here)
            if missing == 0:
                break
