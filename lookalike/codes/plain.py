"""The scan in NumPy alone: for the few questions that a process asks before a compiler would pay.

Importing Numba and loading the kernels of :mod:`lookalike.codes.kernels` takes a third of a second;
here a query meets a million codes of 256 bits in some 7 ms. Word by word, blocks of codes that stay
in the cache meet a few queries together; the distances of a whole pass are kept, two bytes each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words

__all__ = ["nearest", "within"]

Allowed = npt.NDArray[np.bool_] | None
Distances = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int64]

_BLOCK_BYTES = 1 << 18  # of codes that meet the queries at a time
_QUERIES = 8  # that meet them together
_KEPT_BYTES = 1 << 24  # of distances that are kept at a time
_NONE = np.uint16(65535)  # the distance of what isn't allowed: farther than any


def nearest(
    codes: Words, queries: Words, k: int, allowed: Allowed = None
) -> tuple[Ints, npt.NDArray[np.int32]]:
    """The k nearest codes of each query.

    Args:
        codes: uint64 (n, words).
        queries: uint64 (queries, words).
        k: neighbours wanted, at least 1.
        allowed: bool (n,): only rows where it is true are found.

    Returns:
        Rows, int64 (queries, k), ordered by (distance, row), and their distances, int32 (queries,
        k); both -1 where there are fewer.
    """
    rows = np.full((len(queries), k), -1, np.int64)
    distances = np.full((len(queries), k), -1, np.int32)
    step = max(1, min(_QUERIES, _KEPT_BYTES // max(1, 2 * len(codes))))
    kept = np.empty((step, len(codes)), np.uint16)
    for first in range(0, len(queries), step):
        some = queries[first : first + step]
        for low, block in _blocks(codes, some):
            kept[: len(some), low : low + block.shape[1]] = block
        if allowed is not None:
            kept[:, ~allowed] = _NONE
        for query, line in enumerate(kept[: len(some)], first):
            best = _best(line, k)
            rows[query, : len(best)] = best
            distances[query, : len(best)] = line[best]
    return rows, distances


def within(
    codes: Words, queries: Words, radius: int, allowed: Allowed = None
) -> tuple[Ints, Ints, npt.NDArray[np.int32]]:
    """All codes within a radius of each query.

    Args:
        codes: uint64 (n, words).
        queries: uint64 (queries, words).
        radius: in bits, at least 0.
        allowed: bool (n,): only rows where it is true are found.

    Returns:
        The query of each code found, int64 (found,), ascending; its row, int64; its distance,
        int32. Ordered by (query, distance, row).
    """
    found: list[tuple[Ints, Ints, Distances]] = []
    for first in range(0, len(queries), _QUERIES):
        for low, block in _blocks(codes, queries[first : first + _QUERIES]):
            inside = block <= radius
            if allowed is not None:
                inside &= allowed[low : low + block.shape[1]]
            query, row = np.nonzero(inside)
            if len(row):
                found.append((query + first, row + low, block[query, row]))
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint16))
    owners, rows, distances = (np.concatenate(column) for column in zip(none, *found, strict=True))
    order = np.lexsort((rows, distances, owners))
    return owners[order], rows[order], distances[order].astype(np.int32)


def _blocks(codes: Words, queries: Words) -> Iterator[tuple[int, Distances]]:
    """The distances of a few queries to the codes, block by block.

    Yields:
        The first row of a block, and uint16 (queries, rows), which the next block overwrites.
    """
    n, words = codes.shape
    size = max(1, min(n, max(256, _BLOCK_BYTES // (8 * words))))
    differing = np.empty((len(queries), size), np.uint64)
    bits = np.empty((len(queries), size), np.uint8)
    total = np.empty((len(queries), size), np.uint16)
    for low in range(0, n, size):
        block = codes[low : low + size]
        differ, count, sums = (a[:, : len(block)] for a in (differing, bits, total))
        for word in range(words):
            np.bitwise_xor(block[:, word], queries[:, word, None], out=differ)
            if word == 0:
                np.bitwise_count(differ, out=sums)
            else:
                np.add(sums, np.bitwise_count(differ, out=count), out=sums)
        yield low, sums


def _best(distances: Distances, k: int) -> Ints:
    """The rows of the k smallest distances, at most, by (distance, row)."""
    farthest = _NONE - np.uint16(1)
    if k < len(distances):
        # Every row at the k-th smallest distance stays, so that ties are settled by row.
        farthest = min(np.partition(distances, k - 1)[k - 1], farthest)
    rows = np.flatnonzero(distances <= farthest)
    return rows[np.argsort(distances[rows], kind="stable")[:k]]
