"""Distances of 64 codes at a time to one query, by the processor's own popcount.

For few queries, when turning the codes by 90 degrees (:mod:`lookalike.codes.slices`) would take
longer than comparing them. Only the least distance of a group is looked at; which codes were near
is found out afterwards, if any was.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lookalike.codes import vectors as v

__all__ = ["GROUP", "any_near_2", "any_near_4", "which_near_1", "wide_distance"]

GROUP = 64
"""Codes of a group."""

_HALVES = ir.VectorType(ir.IntType(16), 4 * v.LANES)


def _differing(builder: Any, start: Any, pattern: Any, number: int) -> Any:
    """Differing bits in each lane of vector ``number`` of the codes."""
    codes = v.load(builder, start, v.const(number * v.VECTOR_BYTES), align=1)
    return v.ones(builder, builder.xor(codes, pattern))


def _any_near(words: int) -> Any:
    def body(typing: Any, start: Any, pattern: Any, limit: Any) -> v.Code:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            start, pattern, limit = args
            query = v.load(builder, pattern, v.const(0), align=8)
            least = None
            for number in range(GROUP * words // v.LANES):
                found = _differing(builder, start, query, number)
                step = 1
                while step < words:  # every lane of a code gets the code's whole distance
                    swapped = v.swap(builder, found, step)
                    found = builder.add(found, swapped)
                    step *= 2
                # As 16-bit numbers, for which every machine has a minimum; the other three
                # quarters of a lane are zero.
                short = builder.bitcast(found, _HALVES)
                least = short if least is None else v.smaller(builder, least, short)
            whole = builder.bitcast(least, v.VECTOR)
            return v.is_any_true(
                builder, builder.icmp_unsigned("<", whole, v.spread(builder, limit))
            )

        return types.boolean(types.voidptr, types.voidptr, types.int64), code

    return intrinsic(body)


def _which_near_1(typing: Any, start: Any, pattern: Any, limit: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start, pattern, limit = args
        query = v.load(builder, pattern, v.const(0), align=8)
        bound = v.spread(builder, limit)
        mask = v.const(0)
        for number in range(GROUP // v.LANES):
            found = _differing(builder, start, query, number)
            near = builder.icmp_unsigned("<", found, bound)
            bits = builder.bitcast(near, ir.IntType(v.LANES))
            moved = builder.shl(builder.zext(bits, v.WORD), v.const(number * v.LANES))
            mask = builder.or_(mask, moved)
        return mask

    return types.uint64(types.voidptr, types.voidptr, types.int64), code


def _wide_distance(typing: Any, row: Any, query: Any, vectors: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        row, query, vectors = args
        place = v.alloca(builder, v.VECTOR)
        builder.store(v.splat(0), place)
        with v.loop(builder, vectors) as index:
            offset = builder.mul(index, v.const(v.VECTOR_BYTES))
            a = v.load(builder, row, offset, align=1)
            b = v.load(builder, query, offset, align=8)
            found = v.ones(builder, builder.xor(a, b))
            builder.store(builder.add(builder.load(place), found), place)
        return v.total(builder, builder.load(place))

    return types.int64(types.voidptr, types.voidptr, types.intp), code


any_near_2: Any = _any_near(2)
"""``any_near_2(start, pattern, limit)``: whether one of 64 codes is nearer than a limit.

The codes have two words each and lie one behind the other; ``pattern`` points at the query,
repeated to the length of a vector.
"""

any_near_4: Any = _any_near(4)
"""The same for codes of four words."""

which_near_1: Any = intrinsic(_which_near_1)
"""``which_near_1(start, pattern, limit)``: which ones of 64 of one word are nearer, as bits."""

wide_distance: Any = intrinsic(_wide_distance)
"""``wide_distance(row, query, vectors)``: distance of codes that are that many vectors long."""
