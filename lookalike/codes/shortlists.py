"""Selecting the k nearest by counting.

Distances are small integers, so that selection needs no heap and no sorting. A shortlist counts the
codes that it has kept at each distance, and knows from it the distance of its k-th best, which can
only fall. A code is kept if it is nearer than that; what can't be among the k best any more is
swept away when the list is full.

A shortlist is three arrays, one row for each query: ``keys``, int64 (queries, capacity), the codes
kept, see :data:`ROW_BITS`; ``counts``, int32 (queries, bits + 2), how many at each distance; and
``state``, int64 (queries, 3), the distance of the k-th best (bits + 1 while there are fewer than
k), the places left for codes at that very distance, and the number of codes kept. Empty ones have
``counts`` of 0 and ``state`` of bits + 1, k, 0.

Codes must come in ascending order of their rows; of equally distant ones, the first are then kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import load_word, pointer

__all__ = ["ROW_BITS", "arranged", "keep", "merged", "ordered"]

ROW_BITS = 48
"""A kept code is one number, ``distance << ROW_BITS | row``, whose order is the answer's."""

Ints = npt.NDArray[np.int64]


@compiled()
def _sweep(keys: Any, state: Ints, query: int) -> None:
    """Drop what can't be among the k nearest any more; the order stays."""
    worst, ties, kept = state[query, 0], state[query, 1], 0
    for place in range(state[query, 2]):
        key = keys[query, place]
        distance = key >> ROW_BITS
        if distance == worst:
            ties -= 1
        if distance < worst or (distance == worst and ties >= 0):
            keys[query, kept] = key
            kept += 1
    state[query, 2] = kept


@compiled()
def keep(keys: Any, counts: Any, state: Ints, query: int, distance: int, row: int) -> Any:
    """Keep a code that is nearer than the k-th best; the distance of the k-th best from now on."""
    keys[query, state[query, 2]] = (distance << ROW_BITS) | row
    state[query, 2] += 1
    counts[query, distance] += 1
    state[query, 1] -= 1
    worst = state[query, 0]
    while state[query, 1] <= 0:
        worst -= 1
        state[query, 1] += counts[query, worst]
    state[query, 0] = worst
    if state[query, 2] == keys.shape[1]:
        _sweep(keys, state, query)
    return worst


@compiled()
def ordered(k: int, keys: Any, counts: Any, state: Ints, out: Any) -> None:
    """Put shortlists in order: keys into ``out``, int64 (queries, k), -1 where there are fewer.

    ``counts`` is used up.
    """
    for query in range(len(keys)):
        _sweep(keys, state, query)
        place = 0
        for distance in range(min(state[query, 0] + 1, counts.shape[1])):
            place, counts[query, distance] = place + counts[query, distance], place
        for kept in range(state[query, 2]):
            key = keys[query, kept]
            distance = key >> ROW_BITS
            out[query, counts[query, distance]] = key
            counts[query, distance] += 1
        for empty in range(state[query, 2], k):
            out[query, empty] = -1


@compiled()
def merged(keys: Any, k: int, ids: int, ids_out: Any, distances_out: Any) -> None:
    """Merge the lists that several threads found into the answer.

    Args:
        keys: int64 (parts, queries, wanted), in order, -1 behind the last.
        k: columns of the answer, at least ``wanted``.
        ids: address of one int64 for each row, or 0 where a row's number is its id.
        ids_out: int64 (queries, k), -1 behind the last.
        distances_out: int32 (queries, k), likewise.
    """
    parts, queries, wanted = keys.shape
    places = np.empty(parts, np.int64)
    names = pointer(ids)
    for query in range(queries):
        places[:] = 0
        for number in range(k):
            best, least = -1, np.int64(0)
            for part in range(parts):
                if places[part] < wanted:
                    key = keys[part, query, places[part]]
                    if key >= 0 and (best < 0 or key < least):
                        best, least = part, key
            if best < 0 or number == wanted:
                for empty in range(number, k):
                    ids_out[query, empty] = -1
                    distances_out[query, empty] = -1
                break
            places[best] += 1
            row = least & ((1 << ROW_BITS) - 1)
            distances_out[query, number] = least >> ROW_BITS
            ids_out[query, number] = row if ids == 0 else np.int64(load_word(names, 8 * row))


@compiled()
def arranged(
    owners: Any, keys: Any, places: Any, ids: int, ids_out: Any, distances_out: Any
) -> None:
    """Move keys to where they belong in the answer of a radius search.

    Args:
        owners: int32 (total,): the query of each key.
        keys: int64 (total,), by ascending row for each query.
        places: int64 (queries, distances): where the first code of a query at a distance goes;
            used up.
        ids: address of one int64 for each row, or 0 where a row's number is its id.
        ids_out: int64 (total,).
        distances_out: int32 (total,).
    """
    names = pointer(ids)
    for number in range(len(keys)):
        distance = keys[number] >> ROW_BITS
        row = keys[number] & ((1 << ROW_BITS) - 1)
        place = places[owners[number], distance]
        places[owners[number], distance] = place + 1
        ids_out[place] = row if ids == 0 else np.int64(load_word(names, 8 * row))
        distances_out[place] = distance
