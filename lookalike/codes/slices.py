"""Distances of many codes at once, bit by bit: the heart of the scan of batches.

A popcount instruction counts the bits of one word. Here the codes of a *slice* (64 for each lane
of a vector) are turned by 90 degrees, so that a vector holds one bit of all of them, and the
differing bits are added up by full adders: logic operations on vectors, each of which does the
work for every code of the slice. The sums come out as *planes*: plane p holds bit p of the
distance of every code.

Three bits of the codes together differ from three bits of a query in one of 8 ways, so the sums
for all 8 are kept in a *table*, 2 planes each, and a query picks: no exclusive-or, a third of the
loads less, and one level of adders less. A table of 64 bits takes 21 KiB for 512 codes, and fits
into a first-level cache; making it costs as much as 25 queries.

The technique is carry-save addition over bit planes, as in the population count of Harley and Seal
(Warren, Hacker's Delight, 2nd ed., 2012, section 5-1) and bit-slicing in cryptography (Biham 1997);
comparing with a limit while still bit-sliced is O'Neil and Quass 1997, "bit-sliced index".
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from lookalike.codes import vectors as v
from lookalike.codes.adders import Adders

__all__ = [
    "SLICE",
    "build",
    "distances",
    "kind",
    "limits",
    "near",
    "pick",
    "planes",
    "table_bytes",
]

SLICE = 64 * v.LANES
"""Codes of one slice. Bit j of lane l belongs to code ``64 * l + j``."""

_ADDERS = {
    types.int8: Adders(48, 6, many=False),
    types.int16: Adders(64, 7, many=False),
    types.int32: Adders(64, 10, many=True),
    types.int64: Adders(64, 13, many=True),
}


def kind(bits: int) -> Any:
    """The *kind* for codes of so many bits: a number whose type chooses the adders.

    There are four, so that a kernel is compiled four times at most.
    """
    if bits <= 48:
        return np.int8(0)
    if bits <= 64:
        return np.int16(0)
    return np.int32(0) if bits <= 960 else np.int64(0)


def _of(kind: Any) -> Adders:
    return _ADDERS[kind]


def planes(bits: int) -> int:
    """Planes of a distance of codes of so many bits."""
    return _of(from_dtype(kind(bits).dtype)).planes


def table_bytes(bits: int) -> int:
    """Of the table of one slice."""
    return -(-bits // 64) * _of(from_dtype(kind(bits).dtype)).table_bytes


def limits(bits: int) -> npt.NDArray[np.uint64]:
    """Every limit from 0 to ``bits + 1`` as planes: uint64 (bits + 2, planes), all ones or 0."""
    values = np.arange(bits + 2)[:, None] >> np.arange(planes(bits))
    return np.where(values & 1, ~np.uint64(0), np.uint64(0))


def _build(typing: Any, kind: Any, codes: Any, words: Any, table: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        made = _of(kind)
        with cgutils.for_range(builder, args[2]) as loop:
            codes = builder.gep(args[1], [builder.mul(loop.index, v.const(8 * SLICE))])
            table = builder.gep(args[3], [builder.mul(loop.index, v.const(made.table_bytes))])
            made.build(builder, codes, table)
        return context.get_dummy_value()

    return types.void(kind, types.voidptr, types.intp, types.voidptr), code


def _near(
    typing: Any, kind: Any, table: Any, query: Any, words: Any, limit: Any, allowed: Any, out: Any
) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, table, query, words, limit, allowed, out = args
        nearer = partial(_of(kind).nearer, builder, limit=limit, allowed=allowed)
        found = nearer(_of(kind).sums(builder, table, query, words, nearer))
        v.store(builder, found, out, v.const(0))
        return builder.zext(v.is_any(builder, found), v.WORD)

    pointers = [types.voidptr, types.voidptr, types.intp] + 3 * [types.voidptr]
    return types.int64(kind, *pointers), code


def _distances(typing: Any, kind: Any, table: Any, query: Any, words: Any, out: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, table, query, words, out = args
        for plane, value in enumerate(_of(kind).sums(builder, table, query, words, None)):
            v.store(builder, value, out, v.const(plane * v.VECTOR_BYTES))
        return context.get_dummy_value()

    return types.void(kind, types.voidptr, types.voidptr, types.intp, types.voidptr), code


def _pick(typing: Any, kind: Any, planes: Any, limit: Any, allowed: Any, out: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, planes, limit, allowed, out = args
        made = _of(kind)
        sums = [v.load(builder, planes, v.const(p * v.VECTOR_BYTES)) for p in range(made.planes)]
        found = made.nearer(builder, sums, limit, allowed)
        v.store(builder, found, out, v.const(0))
        return v.total(builder, v.ones(builder, found))

    return types.int64(kind, *4 * [types.voidptr]), code


build: Any = intrinsic(_build)
"""``build(kind, codes, words, table)``: make the table of a slice.

``codes`` are its first words, then its second ones and so on; ``table`` is aligned to 64 bytes.
"""

near: Any = intrinsic(_near)
"""``near(kind, table, query, words, limit, allowed, out)``: which codes are nearer than a limit.

Stores the vector of those that are also in the vector ``allowed``, and returns 1 if there are any,
else 0. ``limit`` points at a row of :func:`limits`.
"""

distances: Any = intrinsic(_distances)
"""``distances(kind, table, query, words, out)``: store the planes of all distances."""

pick: Any = intrinsic(_pick)
"""``pick(kind, planes, limit, allowed, out)``: as :data:`near` from stored planes; how many."""
