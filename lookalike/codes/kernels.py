"""The scan for single queries and small batches, word by word (:mod:`lookalike.codes.groups`).

Everything comes by address: of the codes, of the queries (rows of bytes, packed), of ``allowed``
(one byte for each row; 0 where all are allowed). Blocks of codes stay in the cache while the
queries pass over them. What a kernel needs besides does not depend on the number of codes.
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
    load_byte,
    lowest,
    pointer,
    row_distance,
    row_word,
)
from lookalike.codes.shortlists import ROW_BITS, keep, ordered
from lookalike.codes.vectors import LANES

__all__ = ["BLOCK_ROWS", "SHARE_WORDS", "count", "nearest", "unpacked", "within"]

_BLOCK_WORDS = 4096  # 32 KiB of codes

BLOCK_ROWS = _BLOCK_WORDS
"""Rows of a block at most."""

SHARE_WORDS = 1 << 15
"""Words of the codes that a thread takes at a time: 256 KiB, some microseconds."""


@compiled()
def unpacked(address: int, query_bytes: int, queries: int, words: int) -> Any:
    """Queries as words, each row repeated to the length of a vector: uint64 (queries, length)."""
    start = pointer(address)
    length = max(words, LANES)
    result = np.empty((queries, length), np.uint64)
    for query in range(queries):
        for word in range(length):
            result[query, word] = row_word(start, query_bytes, query, word % words)
    return result


@compiled()
def _near(
    codes: Any, row_bytes: int, rows: int, patterns: Any, query: int, words: int, limit: int
) -> Any:
    """Which of at most 64 codes are nearer to a query than a limit, as bits of a word."""
    found = np.uint64(0)
    if row_bytes == 8 * words and words % LANES == 0:
        pattern = pointer(patterns.ctypes.data + 8 * query * patterns.shape[1])
        for row in range(rows):
            if wide_distance(at(codes, row * row_bytes), pattern, words // LANES) < limit:
                found |= np.uint64(1) << np.uint64(row)
        return found
    if row_bytes == 8 * words and rows == GROUP:
        pattern = pointer(patterns.ctypes.data + 8 * query * patterns.shape[1])
        if words == 1:
            return which_near_1(codes, pattern, limit)
        if words == 2 and not any_near_2(codes, pattern, limit):
            return found
        if words == 4 and not any_near_4(codes, pattern, limit):
            return found
    for row in range(rows):
        if row_distance(codes, row_bytes, row, words, patterns, query) < limit:
            found |= np.uint64(1) << np.uint64(row)
    return found


@compiled()
def _admitted(allowed: int, first: int, rows: int) -> Any:
    """Which of at most 64 rows are allowed, as bits of a word."""
    if allowed == 0:
        return ~np.uint64(0)
    filters = pointer(allowed)
    mask = np.uint64(0)
    for row in range(rows):
        mask |= np.uint64(load_byte(filters, first + row) != 0) << np.uint64(row)
    return mask


@compiled()
def nearest(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    query_address: int,
    query_bytes: int,
    queries: int,
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
        query_address: of query 0.
        query_bytes: from one query to the next.
        queries: how many.
        bits: of a code.
        k: neighbours wanted, at least 1.
        allowed: address of one byte for each row, or 0.
        turn: 0; or the address of an int64, ``low`` at first, by which several threads share the
            rows: each takes :data:`SHARE_WORDS` at a time.
        keys_out: int64 (queries, k): distance and row in order, -1 where there are fewer.
    """
    words = (bits + 63) // 64
    patterns = unpacked(query_address, query_bytes, queries, words)
    keys = np.empty((queries, k + max(k, 256)), np.int64)
    counts = np.zeros((queries, bits + 2), np.int32)
    state = np.empty((queries, 3), np.int64)
    for query in range(queries):
        state[query, 0], state[query, 1], state[query, 2] = bits + 1, k, 0
    share = high - low if turn == 0 else max(GROUP, SHARE_WORDS // words)
    block = max(GROUP, _BLOCK_WORDS // words // GROUP * GROUP)
    begin = low if turn == 0 else claim(turn, share)
    while begin < high:
        end = min(begin + share, high)
        for first in range(begin, end, block):
            for query in range(queries):
                worst = state[query, 0]
                for group in range(first, min(first + block, end), GROUP):
                    rows = min(GROUP, end - group)
                    codes = pointer(address + group * row_bytes)
                    found = _near(codes, row_bytes, rows, patterns, query, words, worst)
                    if found != 0:
                        found &= _admitted(allowed, group, rows)
                    while found != 0:
                        row = lowest(found)
                        found &= found - np.uint64(1)
                        distance = row_distance(codes, row_bytes, row, words, patterns, query)
                        if distance < worst:
                            worst = keep(keys, counts, state, query, distance, group + row)
        begin = high if turn == 0 else claim(turn, share)
    ordered(k, keys, counts, state, keys_out)


@compiled()
def within(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    query_address: int,
    query_bytes: int,
    queries: int,
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
        query_address: likewise.
        query_bytes: likewise.
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
    patterns = unpacked(query_address, query_bytes, queries, words)
    block = max(GROUP, _BLOCK_WORDS // words // GROUP * GROUP)
    total = 0
    for first in range(progress[0], high, block):
        for query in range(progress[1] if first == progress[0] else 0, queries):
            if total + block > len(keys_out):
                progress[0], progress[1] = first, query
                return total
            for group in range(first, min(first + block, high), GROUP):
                rows = min(GROUP, high - group)
                codes = pointer(address + group * row_bytes)
                found = _near(codes, row_bytes, rows, patterns, query, words, limit)
                if found != 0:
                    found &= _admitted(allowed, group, rows)
                while found != 0:
                    row = lowest(found)
                    found &= found - np.uint64(1)
                    distance = row_distance(codes, row_bytes, row, words, patterns, query)
                    query_out[total] = query
                    keys_out[total] = (distance << ROW_BITS) | (group + row)
                    total += 1
    progress[0], progress[1] = high, 0
    return total


@compiled()
def count(
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    query_address: int,
    bits: int,
    allowed: int,
    counts: Any,
) -> None:
    """Add the rows at each distance from one query to ``counts``, int64 (bits + 1,)."""
    words = (bits + 63) // 64
    patterns = unpacked(query_address, (bits + 7) // 8, 1, words)
    start, filters = pointer(address), pointer(allowed)
    for row in range(low, high):
        if allowed == 0 or load_byte(filters, row) != 0:
            counts[row_distance(start, row_bytes, row, words, patterns, 0)] += 1
