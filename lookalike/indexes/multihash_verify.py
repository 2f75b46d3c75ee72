"""The last step of a search by multi-index hashing: fetch codes, measure them, keep near ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import load_byte, pointer, popcount
from lookalike.indexes.multihash_kernels import field
from lookalike.indexes.multihash_lanes import prefetch

__all__ = ["verify"]


@compiled()
def _seen(differing: Any, starts: Any, layout: Any, limits: Any, step: int) -> bool:
    """Whether an earlier step than ``step`` finds a code that differs from the query so.

    ``differing`` is uint64 (1, words).
    """
    bits, prefix, tail = layout[0], layout[1], layout[2]
    tables = len(starts)
    of_key = (np.uint64(1) << np.uint64(prefix)) - np.uint64(1)
    for table in range(tables):
        both = field(differing, 0, starts[table], prefix + tail, bits)
        shell = np.int64(popcount(both & of_key))
        if shell * tables + table < step and np.int64(popcount(both)) <= limits[table]:
            return True
    return False


@compiled()
def _replace_root(heap: Any, query: int, size: int, key: int) -> None:
    """Put ``key`` in the place of the largest of a heap."""
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and heap[query, child + 1] > heap[query, child]:
            child += 1
        if heap[query, child] <= key:
            break
        heap[query, place] = heap[query, child]
        place = child
    heap[query, place] = key


@compiled()
def verify(
    pending: Any,
    waiting: int,
    codes: Any,
    flat_codes: Any,
    rows: Any,
    base: int,
    queries: Any,
    starts: Any,
    layout: Any,
    limits: Any,
    step: int,
    radius: int,
    allowed: int,
    heaps: Any,
    out: Any,
    found: int,
) -> int:
    """Fetch the codes that wait, measure them, keep those that are near.

    Heaps take a code once. Hits within a radius come as often as they are found: sorting them out
    of the answer takes less than a look at every table for each.
    """
    n, words = codes.shape
    filters = pointer(allowed)
    for place in range(waiting):
        prefetch(rows, base + pending[place, 1])
    for place in range(waiting):
        row = np.int64(rows[base + pending[place, 1]])
        pending[place, 1] = row
        if row < n:  # a damaged file must not make us read elsewhere
            prefetch(flat_codes, row * words)
    k = heaps.shape[1]
    differing = np.empty((1, words), np.uint64)
    for place in range(waiting):
        query, row = pending[place, 0], pending[place, 1]
        if row >= n:
            continue
        distance = np.int64(0)
        for word in range(words):
            differing[0, word] = codes[row, word] ^ queries[query, word]
            distance += np.int64(popcount(differing[0, word]))
        if distance > radius or (allowed != 0 and load_byte(filters, row) == 0):
            continue
        key = (distance << 32) | row
        if k > 0:
            if key < heaps[query, 0] and not _seen(differing, starts, layout, limits, step):
                _replace_root(heaps, query, k, key)
        else:
            out[found] = (query << 45) | key
            found += 1
    return found
