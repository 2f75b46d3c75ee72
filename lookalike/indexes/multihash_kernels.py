"""Compiled loops of multi-index hashing: reordering bits, reading fields of them, filling tables.

Codes are ``uint64`` (n, words) with their bits in the order that the tables want: bit ``i`` is bit
``i % 64`` of word ``i // 64``. A *field* is a run of at most 56 bits, which may go round from the
last bit to the first. Table ``t`` is keyed by the field of ``prefix`` bits from ``starts[t]`` on
and keeps, bucket by bucket, the row and the *signature* of every code: the field of up to 16 bits
that follows the key. Reading a bucket reads signatures only, 2 bytes a code; rows and codes are
fetched for the few that pass, in batches, so that their cache misses overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import load_byte, pointer

__all__ = ["field", "fill", "readable", "reorder"]


def readable(kind: Any, dimensions: int) -> Any:
    """An array of a signature that may be read-only, as one mapped from a file is."""
    return types.Array(kind, dimensions, "C", readonly=True)


_words = readable(types.uint64, 2)


@compiled(
    types.void(*[types.intp] * 4, readable(types.uint64, 3), types.Array(types.uint64, 2, "C"))
)
def reorder(address: int, row_bytes: int, low: int, high: int, places: Any, out: Any) -> None:
    """Reorder the bits of the rows from ``low`` to ``high``.

    Args:
        address: of row 0, packed codes.
        row_bytes: from one row to the next.
        low: first row.
        high: behind the last row.
        places: uint64 (2 x bytes, 16, words): for each half byte (the high one first) and each of
            its values the bits that it contributes.
        out: uint64 (rows, words).
    """
    start = pointer(address)
    words = out.shape[1]
    for row in range(low, high):
        for word in range(words):
            out[row, word] = 0
        for byte in range(len(places) // 2):
            value = load_byte(start, row * row_bytes + byte)
            upper, lower = np.intp(value >> 4), np.intp(value & 15)
            for word in range(words):
                out[row, word] |= places[2 * byte, upper, word] | places[2 * byte + 1, lower, word]


@compiled()
def field(codes: Any, row: int, start: int, width: int, bits: int) -> Any:
    """The ``width`` <= 56 bits from ``start`` on, going round at ``bits``, as ``uint64``."""
    if start >= bits:
        start -= bits
    first = min(width, bits - start)
    word, shift = start >> 6, np.uint64(start & 63)
    value = codes[row, word] >> shift
    if (start & 63) + first > 64:
        value |= codes[row, word + 1] << (np.uint64(64) - shift)
    value &= (np.uint64(1) << np.uint64(first)) - np.uint64(1)
    if first < width:
        rest = (np.uint64(1) << np.uint64(width - first)) - np.uint64(1)
        value |= (codes[row, 0] & rest) << np.uint64(first)
    return value


@compiled(
    types.void(
        _words,
        *[types.int64] * 4,
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint32, 1, "C"),
        types.Array(types.uint16, 1, "C"),
    )
)
def fill(
    codes: Any, bits: int, start: int, prefix: int, tail: int, offsets: Any, rows: Any, sigs: Any
) -> None:
    """Fill one table by counting, so that rows ascend within each bucket.

    Args:
        codes: uint64 (n, words).
        bits: of a code.
        start: first bit of the key.
        prefix: bits of the key.
        tail: bits of the signature.
        offsets: uint32 (2 ** prefix + 1,), written: bucket ``b`` is ``offsets[b]:offsets[b + 1]``.
        rows: uint32 (n,), written.
        sigs: uint16 (n + LANES,), written.
    """
    offsets[:] = 0
    n = len(codes)
    # Counted two places up and used one place up, the offsets are in place when the rows are.
    for row in range(n):
        key = field(codes, row, start, prefix, bits)
        if key + np.uint64(2) < np.uint64(len(offsets)):
            offsets[key + np.uint64(2)] += np.uint32(1)
    for place in range(2, len(offsets)):
        offsets[place] += offsets[place - 1]
    for row in range(n):
        key = field(codes, row, start, prefix, bits) + np.uint64(1)
        place = offsets[key]
        offsets[key] = place + np.uint32(1)
        rows[place] = row
        sigs[place] = field(codes, row, start + prefix, tail, bits)
    sigs[n:] = 0
