"""Compiled loops over binary codes, word by word: nearest, count and collect.

Every kernel takes the codes as an address (see :mod:`lookalike.codes.memory`), goes through the
rows from ``low`` to ``high`` in blocks that stay in the cache while all queries pass over them,
and keeps the distances of one block and one query in 16 bits. Nothing that they allocate grows
with the number of codes.

Selecting the k nearest needs no heap and no sorting, since distances are small integers: a query
keeps a count of the codes found at each distance, and from it the distance of the k-th best, which
can only fall. A code is kept if it is nearer than that; what has fallen out is swept away when the
list is full.

Queries are ``uint64`` (queries, words). ``allowed`` is the address of one byte for each row, 0
where all are allowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import load_byte, load_word, pointer, popcount

__all__ = ["ROW_BITS", "collect", "count", "nearest", "ordered", "shortlists"]

ROW_BITS = 48
"""A kept code is one number, ``distance << ROW_BITS | row``, whose order is the answer's."""

_BLOCK_WORDS = 4096  # 32 KiB of codes: half of a first-level cache, or part of a second-level one
_SUB = 128  # rows that are passed over together when none of them is near enough

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


@compiled()
def _widen(start: Any, row_bytes: int, rows: int, words: int, buffer: Words) -> None:
    """Copy rows of bytes into rows of whole words, zero behind their ends."""
    whole = row_bytes // 8
    for row in range(rows):
        place = row * row_bytes
        for word in range(whole):
            buffer[row * words + word] = load_word(start, place + 8 * word)
        if whole < words:
            last = np.uint64(0)
            for byte in range(8 * whole, row_bytes):
                last |= np.uint64(load_byte(start, place + byte)) << np.uint64(8 * (byte % 8))
            buffer[row * words + whole] = last


@compiled()
def _distances(start: Any, rows: int, words: int, queries: Any, query: int, out: Any) -> None:
    """Distances of ``rows`` codes of ``words`` words each to one query, into ``out``."""
    if words == 1:
        a = queries[query, 0]
        for row in range(rows):
            out[row] = popcount(load_word(start, 8 * row) ^ a)
    elif words == 2:
        a, b = queries[query, 0], queries[query, 1]
        for row in range(rows):
            near = popcount(load_word(start, 16 * row) ^ a)
            out[row] = near + popcount(load_word(start, 16 * row + 8) ^ b)
    elif words == 4:
        a, b = queries[query, 0], queries[query, 1]
        c, d = queries[query, 2], queries[query, 3]
        for row in range(rows):
            near = popcount(load_word(start, 32 * row) ^ a)
            near += popcount(load_word(start, 32 * row + 8) ^ b)
            near += popcount(load_word(start, 32 * row + 16) ^ c)
            out[row] = near + popcount(load_word(start, 32 * row + 24) ^ d)
    else:
        for row in range(rows):
            total = np.uint64(0)
            for word in range(words):
                total += popcount(load_word(start, 8 * (row * words + word)) ^ queries[query, word])
            out[row] = total


@compiled()
def _sweep(keys: Ints, state: Ints, query: int) -> None:
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
def nearest(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    queries: Any,
    k: int,
    allowed: int,
    keys: Ints,
    counts: Any,
    state: Ints,
) -> None:
    """Bring the shortlists of all queries up to date with the rows from ``low`` to ``high``.

    Rows must come in ascending order, over all calls with the same shortlists.

    Args:
        address: of row 0.
        row_bytes: from one row to the next.
        low: first row.
        high: behind the last row.
        queries: uint64 (queries, words).
        k: neighbours wanted, at least 1.
        allowed: address of one byte for each row, or 0.
        keys: int64 (queries, capacity), capacity > k: the codes kept, see :data:`ROW_BITS`.
        counts: int32 (queries, bits + 2): codes kept at each distance.
        state: int64 (queries, 3): distance of the k-th best (bits + 1 while there are fewer than
            k), places left for codes at that very distance, codes kept.
    """
    words = queries.shape[1]
    block = max(_SUB, _BLOCK_WORDS // words)
    capacity = keys.shape[1]
    distances = np.empty(block, np.uint16)
    buffer = np.empty(block * words, np.uint64)
    filters = pointer(allowed)
    for first in range(low, high, block):
        rows = min(block, high - first)
        start = pointer(address + first * row_bytes)
        if row_bytes != 8 * words:
            _widen(start, row_bytes, rows, words, buffer)
            start = pointer(buffer.ctypes.data)
        for query in range(len(queries)):
            _distances(start, rows, words, queries, query, distances)
            worst = state[query, 0]
            for sub in range(0, rows, _SUB):
                end = min(sub + _SUB, rows)
                least = distances[sub]
                for row in range(sub, end):
                    least = min(least, distances[row])
                if least >= worst:
                    continue
                for row in range(sub, end):
                    distance = np.int64(distances[row])
                    if distance >= worst:
                        continue
                    if allowed != 0 and load_byte(filters, first + row) == 0:
                        continue
                    keys[query, state[query, 2]] = (distance << ROW_BITS) | (first + row)
                    state[query, 2] += 1
                    counts[query, distance] += 1
                    state[query, 1] -= 1
                    while state[query, 1] <= 0:
                        worst -= 1
                        state[query, 1] += counts[query, worst]
                    state[query, 0] = worst
                    if state[query, 2] == capacity:
                        _sweep(keys, state, query)


def shortlists(queries: int, k: int, bits: int) -> tuple[Ints, npt.NDArray[np.int32], Ints]:
    """Empty ``keys``, ``counts`` and ``state`` for :func:`nearest`."""
    keys = np.empty((queries, k + max(k, 256)), np.int64)
    counts = np.zeros((queries, bits + 2), np.int32)
    state = np.empty((queries, 3), np.int64)
    state[:] = bits + 1, k, 0
    return keys, counts, state


@compiled()
def ordered(k: int, keys: Ints, counts: Any, state: Ints, out: Any) -> None:
    """Put the shortlists in order: keys into ``out``, int64 (queries, k), -1 where there are fewer.

    ``counts`` is used up.
    """
    for query in range(len(keys)):
        _sweep(keys, state, query)
        distances = min(state[query, 0] + 1, counts.shape[1])
        place = 0
        for distance in range(distances):
            place, counts[query, distance] = place + counts[query, distance], place
        for kept in range(state[query, 2]):
            key = keys[query, kept]
            distance = key >> ROW_BITS
            out[query, counts[query, distance]] = key
            counts[query, distance] += 1
        for empty in range(state[query, 2], k):
            out[query, empty] = -1


@compiled()
def count(
    address: int, row_bytes: int, low: int, high: int, queries: Any, allowed: int, counts: Any
) -> None:
    """Add to ``counts``, int64 (queries, limit + 1), the codes at each distance up to ``limit``.

    The other arguments are those of :func:`nearest`.
    """
    words = queries.shape[1]
    limit = counts.shape[1] - 1
    block = max(_SUB, _BLOCK_WORDS // words)
    distances = np.empty(block, np.uint16)
    buffer = np.empty(block * words, np.uint64)
    filters = pointer(allowed)
    for first in range(low, high, block):
        rows = min(block, high - first)
        start = pointer(address + first * row_bytes)
        if row_bytes != 8 * words:
            _widen(start, row_bytes, rows, words, buffer)
            start = pointer(buffer.ctypes.data)
        for query in range(len(queries)):
            _distances(start, rows, words, queries, query, distances)
            for sub in range(0, rows, _SUB):
                end = min(sub + _SUB, rows)
                least = distances[sub]
                for row in range(sub, end):
                    least = min(least, distances[row])
                if least > limit:
                    continue
                for row in range(sub, end):
                    distance = distances[row]
                    if distance <= limit and (allowed == 0 or load_byte(filters, first + row) != 0):
                        counts[query, distance] += 1


@compiled()
def collect(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    queries: Any,
    allowed: int,
    places: Ints,
    ends: Ints,
    rows_out: Ints,
    distances_out: Any,
) -> None:
    """Write rows and distances of the codes that :func:`count` counted to their places.

    Args:
        address: as for :func:`nearest`, like the arguments that aren't named here.
        row_bytes: likewise.
        low: likewise.
        high: likewise.
        queries: likewise.
        allowed: likewise.
        places: int64 (queries, limit + 1): where the next code at that distance is written.
        ends: int64 (queries, limit + 1): where no more are wanted.
        rows_out: int64 (total,).
        distances_out: int32 (total,).
    """
    words = queries.shape[1]
    limit = places.shape[1] - 1
    block = max(_SUB, _BLOCK_WORDS // words)
    distances = np.empty(block, np.uint16)
    buffer = np.empty(block * words, np.uint64)
    filters = pointer(allowed)
    for first in range(low, high, block):
        rows = min(block, high - first)
        start = pointer(address + first * row_bytes)
        if row_bytes != 8 * words:
            _widen(start, row_bytes, rows, words, buffer)
            start = pointer(buffer.ctypes.data)
        for query in range(len(queries)):
            _distances(start, rows, words, queries, query, distances)
            for sub in range(0, rows, _SUB):
                end = min(sub + _SUB, rows)
                least = distances[sub]
                for row in range(sub, end):
                    least = min(least, distances[row])
                if least > limit:
                    continue
                for row in range(sub, end):
                    distance = distances[row]
                    if distance > limit or (allowed != 0 and load_byte(filters, first + row) == 0):
                        continue
                    place = places[query, distance]
                    if place < ends[query, distance]:
                        rows_out[place] = first + row
                        distances_out[place] = distance
                        places[query, distance] = place + 1
