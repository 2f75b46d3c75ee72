"""The scan for many queries at a time, on bit-sliced codes (:mod:`lookalike.codes.slices`).

Codes, queries and ``allowed`` come by address, as in :mod:`lookalike.codes.kernels`. What a kernel
needs besides does not depend on the number of codes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lookalike.codes.compiled import compiled
from lookalike.codes.kernels import unpacked
from lookalike.codes.memory import lowest, pointer, row_distance
from lookalike.codes.shortlists import ROW_BITS, keep, ordered
from lookalike.codes.sifting import CHUNK, SAMPLE, admit_rows, sift, slice_words
from lookalike.codes.slices import SLICE, build, distances, pick
from lookalike.codes.vectors import LANES, VECTOR_BYTES

__all__ = ["SPACE", "nearest", "within"]

SPACE = CHUNK * SLICE
"""Codes that :func:`within` must have room for."""


@compiled()
def _keep_found(
    found: Any,
    first: int,
    start: Any,
    row_bytes: int,
    words: int,
    at: Any,
    query: int,
    keys: Any,
    counts: Any,
    state: Any,
) -> Any:
    """Keep the codes of a slice whose bits are set, if they are still near enough."""
    worst = state[query, 0]
    for lane in range(LANES):
        some = found[lane]
        while some != 0:
            row = first + 64 * lane + lowest(some)
            some &= some - np.uint64(1)
            distance = row_distance(start, row_bytes, row, words, at)
            if distance < worst:
                worst = keep(keys, counts, state, query, distance, row)
    return worst


@compiled()
def _counted(
    kind: Any, planes: int, slices: int, width: int, limit: int, admitted: int, out: Any
) -> Any:
    """Codes of the sample that are nearer than a limit."""
    total = 0
    for number in range(slices):
        here = pointer(planes + number * width)
        admit = pointer(admitted + number * VECTOR_BYTES)
        total += pick(kind, here, pointer(limit), admit, pointer(out.ctypes.data))
    return total


@compiled()
def nearest(
    kind: Any,
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    packed: Any,
    k: int,
    limits: Any,
    allowed: int,
    work: Any,
    keys_out: Any,
) -> None:
    """Find the k nearest of the rows from ``low`` to ``high``.

    Args:
        kind: of the codes, from :func:`lookalike.codes.slices.kind`.
        address: of row 0.
        row_bytes: from one row to the next.
        low: first row.
        high: behind the last row.
        packed: queries, uint8 (queries, bytes).
        k: neighbours wanted, at least 1.
        limits: from :func:`lookalike.codes.slices.limits`.
        allowed: address of one byte for each row, or 0.
        work: from :func:`space`.
        keys_out: int64 (queries, k): distance and row in order, -1 where there are fewer.
    """
    bits, levels = len(limits) - 2, limits.shape[1]
    words = (bits + 63) // 64
    queries = unpacked(packed, words)
    batch, stride = len(queries), 8 * queries.shape[1]
    keys = np.empty((batch, k + max(k, 64)), np.int64)
    counts = np.zeros((batch, bits + 2), np.int32)
    state = np.empty((batch, 3), np.int64)
    for query in range(batch):
        state[query, 0], state[query, 1], state[query, 2] = bits + 1, k, 0
    hits = work[: CHUNK * VECTOR_BYTES].view(np.uint64)
    admitted = work[CHUNK * VECTOR_BYTES : (CHUNK + SAMPLE) * VECTOR_BYTES].view(np.uint64)
    buffer = work[(CHUNK + SAMPLE) * VECTOR_BYTES :].view(np.uint64)
    found = hits[:LANES]
    start, out = pointer(address), pointer(found.ctypes.data)
    sums = buffer.ctypes.data + 8 * SLICE * words
    width = levels * VECTOR_BYTES
    tables = pointer(sums + CHUNK * SAMPLE * width)
    limit_at, admitted_at = limits.ctypes.data, admitted.ctypes.data

    # The distance of the k-th best of a sample is the first limit; without one, the first
    # thousands of codes would all be kept for a while.
    slices = min(SAMPLE, (high - low + SLICE - 1) // SLICE)
    for number in range(slices):
        lanes = admitted[number * LANES : (number + 1) * LANES]
        admit_rows(allowed, low + number * SLICE, high, lanes)
    guess = bits // 4
    for chunk in range(0, batch, CHUNK):
        end = min(chunk + CHUNK, batch)
        for number in range(slices):
            here = slice_words(address, row_bytes, low + number * SLICE, high, words, buffer)
            build(kind, here, words, tables)
            for query in range(chunk, end):
                place = ((query - chunk) * slices + number) * width
                at = pointer(queries.ctypes.data + stride * query)
                distances(kind, tables, at, words, pointer(sums + place))
        for query in range(chunk, end):
            mine = sums + (query - chunk) * slices * width
            # The largest limit below which there are fewer than k: `less` always has fewer.
            less, more, step = guess, guess + 1, 1
            while less > 0 and k <= _counted(
                kind, mine, slices, width, limit_at + 8 * levels * less, admitted_at, found
            ):
                more = less
                less = max(0, less - step)
                step *= 2
            while more <= bits + 1 and k > _counted(
                kind, mine, slices, width, limit_at + 8 * levels * more, admitted_at, found
            ):
                less = more
                more = bits + 2 if more > bits else min(bits + 1, more + step)
                step *= 2
            while more - less > 1:
                middle = (less + more) // 2
                if k <= _counted(
                    kind, mine, slices, width, limit_at + 8 * levels * middle, admitted_at, found
                ):
                    more = middle
                else:
                    less = middle
            guess = min(less, bits)
            limit = min(less + 1, bits + 1)
            state[query, 0] = limit
            for number in range(slices):
                here = pointer(mine + number * width)
                admit = pointer(admitted_at + number * VECTOR_BYTES)
                if pick(kind, here, pointer(limit_at + 8 * levels * limit), admit, out) > 0:
                    _keep_found(
                        found,
                        low + number * SLICE,
                        start,
                        row_bytes,
                        words,
                        pointer(queries.ctypes.data + stride * query),
                        query,
                        keys,
                        counts,
                        state,
                    )

    worst = np.empty(batch, np.uint16)
    owners = np.empty(CHUNK, np.int64)
    for query in range(batch):
        worst[query] = state[query, 0]
    admit = pointer(admitted_at)
    for first in range(low + slices * SLICE, high, SLICE):
        if not admit_rows(allowed, first, high, admitted[:LANES]):
            continue
        build(kind, slice_words(address, row_bytes, first, high, words, buffer), words, tables)
        for chunk in range(0, batch, CHUNK):
            end = min(chunk + CHUNK, batch)
            total = sift(
                kind, tables, queries, chunk, end, words, limits, worst, admit, hits, owners
            )
            for hit in range(total):
                query = owners[hit]
                at = pointer(queries.ctypes.data + stride * query)
                found = hits[hit * LANES : (hit + 1) * LANES]
                worst[query] = _keep_found(
                    found, first, start, row_bytes, words, at, query, keys, counts, state
                )
    ordered(k, keys, counts, state, keys_out)


@compiled()
def within(
    kind: Any,
    address: int,
    row_bytes: int,
    low: int,
    high: int,
    packed: Any,
    limits: Any,
    allowed: int,
    work: Any,
    limit: int,
    base: int,
    progress: Any,
    query_out: Any,
    keys_out: Any,
) -> int:
    """Find the codes of the rows from ``low`` to ``high`` that are nearer than a limit.

    Args:
        kind: as for :func:`nearest`, like the arguments that aren't named here.
        address: likewise.
        row_bytes: likewise.
        low: likewise.
        high: likewise.
        packed: likewise.
        limits: likewise.
        allowed: likewise.
        work: likewise.
        limit: radius + 1, at most bits + 1.
        base: -1; or, to find each pair of rows once, the row that query 0 is: only later rows than
            the query's own are then found.
        progress: int64 (2,): row and query to go on with; ``low`` and 0 at first. When all is done
            the row is ``high``.
        query_out: int32 (capacity,), capacity at least :data:`SPACE`: query of each code found.
        keys_out: int64 (capacity,): distance and row, ascending rows for each query.

    Returns:
        How many were found. When the space runs out, call again.
    """
    words = (len(limits) + 61) // 64
    queries = unpacked(packed, words)
    batch, stride = len(queries), 8 * queries.shape[1]
    hits = work[: CHUNK * VECTOR_BYTES].view(np.uint64)
    admitted = work[CHUNK * VECTOR_BYTES : (CHUNK + 1) * VECTOR_BYTES].view(np.uint64)
    buffer = work[(CHUNK + SAMPLE) * VECTOR_BYTES :].view(np.uint64)
    start = pointer(address)
    tables = pointer(buffer.ctypes.data + 8 * SLICE * words)
    admit = pointer(admitted.ctypes.data)
    worst = np.full(batch, limit, np.uint16)
    owners = np.empty(CHUNK, np.int64)
    total = 0
    for first in range(progress[0], high, SLICE):
        if not admit_rows(allowed, first, high, admitted):
            continue
        build(kind, slice_words(address, row_bytes, first, high, words, buffer), words, tables)
        last = batch if base < 0 else min(batch, first + SLICE - 1 - base)
        for chunk in range(progress[1] if first == progress[0] else 0, last, CHUNK):
            if total + CHUNK * SLICE > len(keys_out):
                progress[0], progress[1] = first, chunk
                return total
            end = min(chunk + CHUNK, last)
            count = sift(
                kind, tables, queries, chunk, end, words, limits, worst, admit, hits, owners
            )
            for hit in range(count):
                query = owners[hit]
                at = pointer(queries.ctypes.data + stride * query)
                for lane in range(LANES):
                    some = hits[hit * LANES + lane]
                    while some != 0:
                        row = first + 64 * lane + lowest(some)
                        some &= some - np.uint64(1)
                        if base < 0 or row > base + query:
                            distance = row_distance(start, row_bytes, row, words, at)
                            query_out[total] = query
                            keys_out[total] = (distance << ROW_BITS) | row
                            total += 1
    progress[0], progress[1] = high, 0
    return total
