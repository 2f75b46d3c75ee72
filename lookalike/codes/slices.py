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

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from lookalike.codes import vectors as v

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

_SWAPS = {
    32: 0x00000000FFFFFFFF,
    16: 0x0000FFFF0000FFFF,
    8: 0x00FF00FF00FF00FF,
    4: 0x0F0F0F0F0F0F0F0F,
    2: 0x3333333333333333,
    1: 0x5555555555555555,
}


class Network:
    """The adders for codes of a certain width.

    Attributes:
        planes: of a distance.
        table_bytes: of one word's table.
    """

    def __init__(self, bits: int, planes: int, many: bool) -> None:
        self.planes = planes
        self._groups, self._rest = divmod(bits, 3)
        self._many = many  # words
        # The sum of three bits depends on whether they are odd only: it is kept twice a group
        # where tables of many words outgrow the first-level cache, and 8 times a group, beside
        # the carry, where picking both by one number saves more.
        self._group_size = 10 if many else 16
        self.table_bytes = (self._group_size * self._groups + 2 * self._rest) * v.VECTOR_BYTES

    def build(self, builder: Any, codes: Any, table: Any) -> None:
        """Write the table of one word of a slice."""
        size = v.VECTOR_BYTES
        loaded = [v.load(builder, codes, v.const(row * size), align=1) for row in range(64)]
        rows: list[Any] = []
        for first in range(64 // v.LANES):
            rows += v.turned(builder, loaded[first :: 64 // v.LANES])
        planes = _turned(builder, rows)

        def keep(value: Any, place: int) -> None:
            v.store(builder, value, table, v.const(place * size))

        for group in range(self._groups):
            a, b, c = planes[3 * group : 3 * group + 3]
            first = self._group_size * group
            odd = builder.xor(builder.xor(a, b), c)
            sums = (odd, builder.not_(odd))
            carries = [None] * 8
            for value in range(4):
                p = builder.not_(a) if value & 1 else a
                q = builder.not_(b) if value & 2 else b
                carry = v.add(builder, p, q, c)[1]
                carries[value], carries[7 - value] = carry, builder.not_(carry)
            for value in range(8):
                if self._many:
                    keep(carries[value], first + value)
                else:
                    keep(sums[value.bit_count() & 1], first + 2 * value)
                    keep(carries[value], first + 2 * value + 1)
            if self._many:
                keep(sums[0], first + 8)
                keep(sums[1], first + 9)
        for single in range(self._rest):
            plane = planes[3 * self._groups + single]
            first = self._group_size * self._groups + 2 * single
            keep(plane, first)
            keep(builder.not_(plane), first + 1)

    def nearer(self, builder: Any, sums: Sequence[Any], limit: Any, allowed: Any) -> Any:
        """The vector of codes that are allowed and nearer than the limit."""
        bounds = [v.load_splat(builder, limit, v.const(8 * p)) for p in range(self.planes)]
        found = v.below(builder, sums, bounds)
        return builder.and_(found, v.load(builder, allowed, v.const(0)))

    def sums(
        self,
        builder: Any,
        table: Any,
        query: Any,
        words: Any,
        mask: Callable[[Sequence[Any]], Any] | None,
    ) -> list[Any]:
        """The planes of the distances; of a part of them, if ``mask`` of that part is empty."""
        if not self._many:
            bits = v.load_word(builder, query, v.const(0))
            return self._added(builder, table, bits, [[] for _ in range(self.planes)])
        places = [v.alloca(builder, v.VECTOR) for _ in range(self.planes)]
        for place in places:
            builder.store(v.splat(0), place)
        with cgutils.for_range(builder, words) as loop:
            word = loop.index
            bits = v.load_word(builder, query, builder.mul(word, v.const(8)))
            start = builder.gep(table, [builder.mul(word, v.const(self.table_bytes))])
            columns = [[builder.load(place)] for place in places]
            sums = self._added(builder, start, bits, columns)
            for place, value in zip(places, sums, strict=True):
                builder.store(value, place)
            if mask is not None:  # after 2, 4, 8, ... words
                carry = builder.and_(word, builder.add(word, v.const(1)))
                power = builder.icmp_unsigned("==", carry, v.const(0))
                later = builder.icmp_unsigned(">", word, v.const(0))
                with builder.if_then(builder.and_(power, later), likely=False):
                    none = builder.not_(v.is_any(builder, mask(sums)))
                    with builder.if_then(none):
                        loop.do_break()
        return [builder.load(place) for place in places]

    def _added(self, builder: Any, table: Any, bits: Any, columns: list[list[Any]]) -> list[Any]:
        """Add the differing bits of one word to columns of vectors of equal weight."""

        def put(column: int, value: Any) -> None:
            if column == self.planes:  # a carry that is always zero
                return
            columns[column].append(value)
            if len(columns[column]) == 3:
                total, carry = v.add(builder, *columns[column])
                columns[column] = [total]
                put(column + 1, carry)

        size = v.VECTOR_BYTES

        def picked(source: Any, first: int, count: int, each: int, place: int) -> Any:
            """The vector that bits of the query from ``first`` on choose, from ``place`` on."""
            shift = first - (each * size).bit_length() + 1
            if shift:
                move = builder.lshr if shift > 0 else builder.shl
                source = move(source, v.const(abs(shift)))
            chosen = builder.and_(source, v.const(((1 << count) - 1) * each * size))
            return v.load(builder, table, builder.add(chosen, v.const(place * size)))

        pairs = builder.xor(bits, builder.lshr(bits, v.const(1)))
        odd = builder.xor(pairs, builder.lshr(bits, v.const(2)))
        for group in range(self._groups):
            first = self._group_size * group
            if self._many:
                put(0, picked(odd, 3 * group, 1, 1, first + 8))
                put(1, picked(bits, 3 * group, 3, 1, first))
            else:
                put(0, picked(bits, 3 * group, 3, 2, first))
                put(1, picked(bits, 3 * group, 3, 2, first + 1))
        for single in range(self._rest):
            first = self._group_size * self._groups + 2 * single
            put(0, picked(bits, 3 * self._groups + single, 1, 1, first))
        for column in range(self.planes):
            if len(columns[column]) == 2:
                a, b = columns[column]
                columns[column] = [builder.xor(a, b)]
                put(column + 1, builder.and_(a, b))
            elif not columns[column]:
                columns[column] = [v.splat(0)]
        return [column[0] for column in columns]


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Transpose the 64 x 64 bits of each lane (Hacker's Delight, section 7-3)."""
    rows = list(rows)
    for step, mask in _SWAPS.items():
        distance = v.splat(step)
        for high in range(0, 64, 2 * step):
            for row in range(high, high + step):
                a, b = rows[row], rows[row + step]
                moved = builder.and_(builder.xor(builder.lshr(a, distance), b), v.splat(mask))
                rows[row + step] = builder.xor(b, moved)
                rows[row] = builder.xor(a, builder.shl(moved, distance))
    return rows


_NETWORKS = {
    types.int8: Network(48, 6, many=False),
    types.int16: Network(64, 7, many=False),
    types.int32: Network(64, 10, many=True),
    types.int64: Network(64, 13, many=True),
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


def _of(kind: Any) -> Network:
    return _NETWORKS[kind]


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
