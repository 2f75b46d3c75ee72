"""Codes in the order of some of their bits: how the join of pairs lays out one of its passes.

A *window* is a run of bits of a code, in the order of its words, that goes on at the first bit
behind the last. Its first bits are the *key*, by which the codes are put into buckets; the next 32
are the *piece*, which is kept beside the row. So a pass holds eight bytes for each code, whatever
its width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import load_byte, pointer, popcount, row_word

__all__ = [
    "PIECE_BITS",
    "count_keys",
    "differing",
    "near_codes",
    "near_windows",
    "place",
    "window",
    "windows",
]

PIECE_BITS = 32
"""Bits of a window behind its key."""


@compiled()
def _run(start: Any, row_bytes: int, row: int, first: int) -> Any:
    """64 bits of a row from bit ``first`` on, zeros behind its end."""
    word, shift = first >> 6, first & 63
    value = row_word(start, row_bytes, row, word) >> np.uint64(shift)
    if shift != 0 and 8 * (word + 1) < row_bytes:
        value |= row_word(start, row_bytes, row, word + 1) << np.uint64(64 - shift)
    return value


@compiled()
def window(start: Any, row_bytes: int, bits: int, row: int, first: int, length: int) -> Any:
    """A window of a row: ``length`` bits, at most 63 and at most ``bits``, from ``first`` on.

    ``bits`` are those of the row that count, at most all there are: after the last comes bit 0.
    """
    value = _run(start, row_bytes, row, first)
    left = bits - first
    if left < length:
        value &= (np.uint64(1) << np.uint64(left)) - np.uint64(1)
        value |= _run(start, row_bytes, row, 0) << np.uint64(left)
    return value & ((np.uint64(1) << np.uint64(length)) - np.uint64(1))


@compiled()
def count_keys(
    address: int,
    row_bytes: int,
    bits: int,
    low: int,
    high: int,
    allowed: int,
    first: int,
    key_bits: int,
    counts: Any,
) -> None:
    """Count the keys of the rows from ``low`` to ``high`` in ``counts``, uint32 (2^key_bits,).

    Args:
        address: of row 0.
        row_bytes: from one row to the next.
        bits: that count of a row.
        low: first row.
        high: behind the last row.
        allowed: address of one byte for each row, or 0.
        first: bit with which the window begins.
        key_bits: bits of the key.
        counts: to be added to.
    """
    start, filters = pointer(address), pointer(allowed)
    for row in range(low, high):
        if allowed == 0 or load_byte(filters, row) != 0:
            counts[window(start, row_bytes, bits, row, first, key_bits)] += np.uint32(1)


@compiled()
def place(
    address: int,
    row_bytes: int,
    bits: int,
    low: int,
    high: int,
    allowed: int,
    first: int,
    key_bits: int,
    length: int,
    places: Any,
    pieces: Any,
    rows: Any,
) -> None:
    """Put the rows from ``low`` to ``high`` into their buckets.

    Args:
        address: as for :func:`count_keys`, like the arguments that aren't named here.
        row_bytes: likewise.
        bits: likewise.
        low: likewise.
        high: likewise.
        allowed: likewise.
        first: likewise.
        key_bits: likewise.
        length: bits of the window: the key and at most :data:`PIECE_BITS` more.
        places: uint32 (2^key_bits,): where the next row of each bucket goes; counted up.
        pieces: uint32 (n,), the piece of each place.
        rows: uint32 (n,), its row.
    """
    start, filters = pointer(address), pointer(allowed)
    mask = (np.uint64(1) << np.uint64(key_bits)) - np.uint64(1)
    for row in range(low, high):
        if allowed == 0 or load_byte(filters, row) != 0:
            found = window(start, row_bytes, bits, row, first, length)
            key = found & mask
            there = places[key]
            places[key] = there + np.uint32(1)
            pieces[there] = np.uint32(found >> np.uint64(key_bits))
            rows[there] = np.uint32(row)


def windows(codes: npt.NDArray[Any], bits: int, first: int, length: int) -> npt.NDArray[np.uint64]:
    """A window of each of a few codes, uint64 (n,).

    Args:
        codes: packed or words, contiguous.
        bits: that count of a row.
        first: bit with which the windows begin.
        length: bits of them, at most 63.
    """
    found = np.empty(len(codes), np.uint64)
    address = codes.__array_interface__["data"][0]
    _windows(address, codes.shape[1] * codes.itemsize, bits, first, length, found)
    return found


@compiled()
def _windows(address: int, row_bytes: int, bits: int, first: int, length: int, out: Any) -> None:
    start = pointer(address)
    for row in range(len(out)):
        out[row] = window(start, row_bytes, bits, row, first, length)


@compiled()
def differing(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """How many pairs of keys differ in each number of bits, int64 (65,)."""
    counts = np.zeros(65, np.int64)
    for one in range(len(keys)):
        for other in range(one + 1, len(keys)):
            counts[popcount(keys[one] ^ keys[other])] += 1
    return counts


@compiled()
def near_windows(found: npt.NDArray[np.uint64], key: np.uint64, share: int, limit: int) -> int:
    """How many pairs of windows differ in less than a limit, and under a mask than a share."""
    total = 0
    for one in range(len(found)):
        for other in range(one + 1, len(found)):
            changed = found[one] ^ found[other]
            if popcount(changed) < np.uint64(limit) and popcount(changed & key) < np.uint64(share):
                total += 1
    return total


@compiled()
def near_codes(words: npt.NDArray[np.uint64], radius: int) -> int:
    """How many pairs of codes are within a radius, by comparing all of a few."""
    total = 0
    for one in range(len(words)):
        for other in range(one + 1, len(words)):
            distance = np.uint64(0)
            for word in range(words.shape[1]):
                distance += popcount(words[one, word] ^ words[other, word])
            if distance <= np.uint64(radius):
                total += 1
    return total
