"""The adders of the scan of batches, in LLVM's language: what the kernels of slices are made of.

:mod:`lookalike.codes.slices` says how they work, and offers them to the kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numba.core import cgutils

from lookalike.codes import vectors as v

__all__ = ["Adders"]

_SWAPS = {
    32: 0x00000000FFFFFFFF,
    16: 0x0000FFFF0000FFFF,
    8: 0x00FF00FF00FF00FF,
    4: 0x0F0F0F0F0F0F0F0F,
    2: 0x3333333333333333,
    1: 0x5555555555555555,
}


class Adders:
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
