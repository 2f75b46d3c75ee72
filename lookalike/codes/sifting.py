"""One slice of codes against the queries of a batch: reading it, finding what is near enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import words_for
from lookalike.codes.compiled import compiled
from lookalike.codes.memory import flags, pointer, row_word
from lookalike.codes.slices import SLICE, near, planes, table_bytes
from lookalike.codes.vectors import LANES, VECTOR_BYTES

__all__ = ["CHUNK", "SAMPLE", "admit_rows", "sift", "slice_words", "space"]

SAMPLE = 8
"""Slices from which the first limit is found."""

CHUNK = 64
"""Queries that are looked at before what was found is."""


def space(bits: int, nearest: bool) -> npt.NDArray[np.uint8]:
    """Memory that a kernel works in, aligned to 64 bytes.

    In compiled code an array is freed when it is no longer mentioned, even if its address is; so
    the caller holds it.
    """
    size = VECTOR_BYTES * (CHUNK + SAMPLE) + 8 * SLICE * words_for(bits) + table_bytes(bits)
    if nearest:
        size += CHUNK * SAMPLE * planes(bits) * VECTOR_BYTES
    raw = np.empty(size + 64, np.uint8)
    skip = -raw.__array_interface__["data"][0] % 64
    return raw[skip : skip + size]


@compiled()
def slice_words(
    address: int, row_bytes: int, first: int, high: int, words: int, buffer: Any
) -> Any:
    """The codes of a slice as :data:`build` takes them, copied to ``buffer`` if need be."""
    if row_bytes == 8 and words == 1 and first + SLICE <= high:
        return pointer(address + 8 * first)
    start = pointer(address)
    rows = min(SLICE, high - first)
    for word in range(words):
        for row in range(rows):
            buffer[word * SLICE + row] = row_word(start, row_bytes, first + row, word)
        for row in range(rows, SLICE):
            buffer[word * SLICE + row] = 0
    return pointer(buffer.ctypes.data)


@compiled()
def admit_rows(allowed: int, first: int, high: int, vector: Any) -> Any:
    """Set the bits of the rows of a slice that exist and are allowed; whether any is."""
    some = np.uint64(0)
    for lane in range(LANES):
        row = first + 64 * lane
        vector[lane] = flags(allowed, row, min(row + 64, high)) if row < high else np.uint64(0)
        some |= vector[lane]
    return some != 0


@compiled()
def sift(
    kind: Any,
    tables: Any,
    queries: Any,
    begin: int,
    end: int,
    words: int,
    limits: Any,
    worst: Any,
    admit: Any,
    hits: Any,
    owners: Any,
) -> Any:
    """Which queries have codes of a slice near enough: how many; they are put into ``owners``.

    Without a branch on what is found, which nothing could predict: the processor is busy with the
    next query long before it knows.
    """
    stride = 8 * queries.shape[1]
    levels = 8 * limits.shape[1]
    total = 0
    for query in range(begin, end):
        at = pointer(queries.ctypes.data + stride * query)
        limit = pointer(limits.ctypes.data + levels * np.int64(worst[query]))
        out = pointer(hits.ctypes.data + total * VECTOR_BYTES)
        owners[total] = query
        total += near(kind, tables, at, words, limit, admit, out)
    return total
