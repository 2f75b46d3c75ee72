"""The scan for single queries and small batches, word by word (:mod:`lookalike.codes.groups`).

Codes come by address, and ``allowed`` too: one byte for each row, or 0 where all are allowed.
Blocks of codes stay in the cache while the queries pass over them. What a kernel needs besides
does not depend on the number of codes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lookalike.codes.compiled import compiled
from lookalike.codes.groups import (
    GROUP,
    any_near_2,
    any_near_4,
    which_near_1,
    wide_distance,
)
from lookalike.codes.memory import (
    at,
    claim,
    flags,
    load_byte,
    lowest,
    pointer,
    row_distance,
    row_word,
)
from lookalike.codes.shortlists import ROW_BITS, keep, merged, ordered
from lookalike.codes.vectors import LANES

__all__ = [
    "BLOCK_ROWS",
    "MOST_SHARE_WORDS",
    "SHARE_WORDS",
    "count",
    "nearest",
    "search",
    "unpacked",
    "within",
]

_BLOCK_WORDS = 4096  # 32 KiB of codes
_SAMPLE = 64  # rows from which the first limit is found

BLOCK_ROWS = _BLOCK_WORDS
"""Rows of a block at most."""

SHARE_WORDS = 1 << 15
"""Words of the codes that a thread takes at a time at least: 256 KiB, some microseconds."""

MOST_SHARE_WORDS = 1 << 18
"""And at most: 2 MiB. Reading in long runs is an eighth faster than in short ones; a sixteenth of
the codes is left at most for the thread that comes last."""


@compiled()
def unpacked(queries: Any, words: int) -> Any:
    """Queries as words, each row repeated to the length of a vector: uint64 (queries, length)."""
    width = queries.shape[1]
    start = pointer(queries.ctypes.data)
    length = max(words, LANES)
    result = np.empty((len(queries), length), np.uint64)
    for query in range(len(queries)):
        for word in range(length):
            result[query, word] = row_word(start, width, query, word % words)
    return result


@compiled()
def _next(
    codes: Any, row_bytes: int, words: int, first: int, end: int, pattern: Any, limit: int
) -> tuple[Any, Any, Any]:
    """The next rows that are nearer than a limit, at most 64 together.

    Returns:
        A row; which of those from it on are meant as the bits of a word; where to go on. ``end``,
        0 and ``end`` if there are no more before ``end``.
    """
    found = np.uint64(0)
    group = first
    if row_bytes == 8:
        while group + GROUP <= end:
            found = which_near_1(at(codes, 8 * group), pattern, limit)
            if found != 0:
                return group, found, group + GROUP
            group += GROUP
    elif row_bytes == 16:
        while group + GROUP <= end and not any_near_2(at(codes, 16 * group), pattern, limit):
            group += GROUP
    elif row_bytes == 32:
        while group + GROUP <= end and not any_near_4(at(codes, 32 * group), pattern, limit):
            group += GROUP
    elif row_bytes == 8 * words and words % LANES == 0:
        while group < end:
            if wide_distance(at(codes, group * row_bytes), pattern, words // LANES) < limit:
                return group, np.uint64(1), group + 1
            group += 1
    while group < end:
        rows = min(GROUP, end - group)
        for row in range(rows):
            if row_distance(codes, row_bytes, group + row, words, pattern) < limit:
                found |= np.uint64(1) << np.uint64(row)
        if found != 0:
            return group, found, group + rows
        group += rows
    return end, found, end


@compiled()
def _first_limit(codes: Any, row_bytes: int, words: int, pattern: Any, bits: int, k: int) -> Any:
    """A distance than which at least k of the first rows are nearer; it saves keeping them all."""
    counts = np.zeros(bits + 1, np.int32)
    for row in range(_SAMPLE):
        counts[row_distance(codes, row_bytes, row, words, pattern)] += 1
    limit, nearer = 0, 0
    while nearer < k:
        nearer += counts[limit]
        limit += 1
    return limit


@compiled()
def nearest(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    queries: Any,
    bits: int,
    k: int,
    allowed: int,
    turn: int,
    keys_out: Any,
) -> None:
    """Find the k nearest of some rows.

    Args:
        address: of row 0.
        row_bytes: from one row to the next.
        low: first row.
        high: behind the last row.
        queries: packed, uint8 (queries, bytes).
        bits: of a code.
        k: neighbours wanted, at least 1.
        allowed: address of one byte for each row, or 0.
        turn: 0; or the address of an int64, ``low`` at first, by which several threads share the
            rows: each takes :data:`SHARE_WORDS` to :data:`MOST_SHARE_WORDS` at a time.
        keys_out: int64 (queries, k): distance and row in order, -1 where there are fewer.
    """
    words = (bits + 63) // 64
    patterns = unpacked(queries, words)
    stride = 8 * patterns.shape[1]
    codes = pointer(address)
    keys = np.empty((len(queries), k + max(k, 64)), np.int64)
    counts = np.zeros((len(queries), bits + 2), np.int32)
    state = np.empty((len(queries), 3), np.int64)
    for query in range(len(queries)):
        state[query, 0], state[query, 1], state[query, 2] = bits + 1, k, 0
    share = high - low
    if turn != 0:
        wanted = min(max((high - low) * words // 16, SHARE_WORDS), MOST_SHARE_WORDS)
        share = max(GROUP, wanted // words)
    block = max(GROUP, _BLOCK_WORDS // words // GROUP * GROUP)
    begin = low if turn == 0 else claim(turn, share)
    if allowed == 0 and k <= _SAMPLE // 4 and begin + _SAMPLE <= high:
        for query in range(len(queries)):
            pattern = pointer(patterns.ctypes.data + query * stride)
            here = at(codes, begin * row_bytes)
            state[query, 0] = _first_limit(here, row_bytes, words, pattern, bits, k)
    while begin < high:
        end = min(begin + share, high)
        for first in range(begin, end, block):
            last = min(first + block, end)
            for query in range(len(queries)):
                pattern = pointer(patterns.ctypes.data + query * stride)
                worst = state[query, 0]
                group, found, after = _next(codes, row_bytes, words, first, last, pattern, worst)
                while group < last:
                    found &= flags(allowed, group, last)
                    while found != 0:
                        row = group + lowest(found)
                        found &= found - np.uint64(1)
                        distance = row_distance(codes, row_bytes, row, words, pattern)
                        if distance < worst:
                            worst = keep(keys, counts, state, query, distance, row)
                    group, found, after = _next(
                        codes, row_bytes, words, after, last, pattern, worst
                    )
        begin = high if turn == 0 else claim(turn, share)
    ordered(k, keys, counts, state, keys_out)


@compiled()
def within(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    queries: Any,
    bits: int,
    limit: int,
    allowed: int,
    progress: Any,
    query_out: Any,
    keys_out: Any,
) -> int:
    """Find all of some rows that are nearer than a limit.

    Args:
        address: as for :func:`nearest`, like the arguments that aren't named here.
        row_bytes: likewise.
        low: likewise.
        high: likewise.
        queries: likewise.
        bits: likewise.
        limit: radius + 1.
        allowed: likewise.
        progress: int64 (2,): row and query to go on with; ``low`` and 0 at first. When all is done
            the row is ``high``.
        query_out: int32 (capacity,): query of each code found.
        keys_out: int64 (capacity,), capacity at least :data:`BLOCK_ROWS`: distance and row, by
            ascending row for each query.

    Returns:
        How many were found. When the space runs out, call again.
    """
    words = (bits + 63) // 64
    patterns = unpacked(queries, words)
    stride = 8 * patterns.shape[1]
    codes = pointer(address)
    block = max(GROUP, _BLOCK_WORDS // words // GROUP * GROUP)
    total = 0
    for first in range(progress[0], high, block):
        for query in range(progress[1] if first == progress[0] else 0, len(queries)):
            if total + block > len(keys_out):
                progress[0], progress[1] = first, query
                return total
            last = min(first + block, high)
            pattern = pointer(patterns.ctypes.data + query * stride)
            group, found, after = _next(codes, row_bytes, words, first, last, pattern, limit)
            while group < last:
                found &= flags(allowed, group, last)
                while found != 0:
                    row = group + lowest(found)
                    found &= found - np.uint64(1)
                    distance = row_distance(codes, row_bytes, row, words, pattern)
                    query_out[total] = query
                    keys_out[total] = (distance << ROW_BITS) | row
                    total += 1
                group, found, after = _next(codes, row_bytes, words, after, last, pattern, limit)
    progress[0], progress[1] = high, 0
    return total


@compiled()
def count(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    queries: Any,
    bits: int,
    allowed: int,
    counts: Any,
) -> None:
    """Add the rows at each distance from the first query to ``counts``, int64 (bits + 1,)."""
    words = (bits + 63) // 64
    patterns = unpacked(queries, words)
    pattern = pointer(patterns.ctypes.data)
    start, filters = pointer(address), pointer(allowed)
    for row in range(low, high):
        if allowed == 0 or load_byte(filters, row) != 0:
            counts[row_distance(start, row_bytes, row, words, pattern)] += 1
    patterns[0, 0] = 0  # mentioned to the end, so that it isn't freed


@compiled()
def search(
    address: int,
    row_bytes: int,
    rows: int,
    queries: Any,
    bits: int,
    k: int,
    allowed: int,
    ids: int,
    ids_out: Any,
    distances_out: Any,
) -> None:
    """The whole search in one thread: :func:`nearest` and :func:`merged`.

    ``ids_out`` may have more columns than k; ids are those of :func:`merged`.
    """
    keys = np.empty((1, len(queries), k), np.int64)
    nearest(address, row_bytes, 0, rows, queries, bits, k, allowed, 0, keys[0])
    merged(keys, ids_out.shape[1], ids, ids_out, distances_out)
