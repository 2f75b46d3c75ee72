"""Which of 64 short pieces of codes are near one other: the innermost step of the join of pairs.

A piece is 32 bits of a code. A vector holds twice as many of them as it has 64-bit lanes, so one
exclusive-or, one population count and one minimum look at 16 codes where registers have 512 bits.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lookalike.codes import vectors as v

__all__ = ["FEW", "PIECES", "any_near", "fetch", "some_near", "which_near"]

PIECES = 64
"""Pieces that are looked at together."""

FEW = 2 * v.LANES
"""Pieces of one vector."""

_SHORT = ir.IntType(32)
_LANES = FEW
_PIECES = ir.VectorType(_SHORT, _LANES)


def _everywhere(builder: Any, value: Any) -> Any:
    """A number as 32 bits in every lane."""
    index = ir.IntType(32)
    short = builder.trunc(value, _SHORT)
    empty = ir.Constant(_PIECES, ir.Undefined)
    one = builder.insert_element(empty, short, ir.Constant(index, 0))
    lanes = ir.Constant(ir.VectorType(index, _LANES), [0] * _LANES)
    return builder.shuffle_vector(one, one, lanes)


def _differing(builder: Any, start: Any, pattern: Any, number: int) -> Any:
    """Differing bits in each lane of vector ``number`` of the pieces."""
    place = builder.gep(start, [v.const(number * v.VECTOR_BYTES)])
    pieces = builder.load(builder.bitcast(place, _PIECES.as_pointer()), align=4)
    return v.ones(builder, builder.xor(pieces, pattern))


def _any_near(typing: Any, start: Any, piece: Any, limit: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start, piece, limit = args
        pattern = _everywhere(builder, piece)
        least = None
        for number in range(PIECES // _LANES):
            found = _differing(builder, start, pattern, number)
            least = found if least is None else v.smaller(builder, least, found)
        near = builder.icmp_unsigned("<", least, _everywhere(builder, limit))
        return v.is_any_true(builder, near)

    return types.boolean(types.voidptr, types.uint32, types.int64), code


def _which_near(typing: Any, start: Any, piece: Any, limit: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start, piece, limit = args
        pattern, bound = _everywhere(builder, piece), _everywhere(builder, limit)
        mask = v.const(0)
        for number in range(PIECES // _LANES):
            near = builder.icmp_unsigned("<", _differing(builder, start, pattern, number), bound)
            bits = builder.bitcast(near, ir.IntType(_LANES))
            moved = builder.shl(builder.zext(bits, v.WORD), v.const(number * _LANES))
            mask = builder.or_(mask, moved)
        return mask

    return types.uint64(types.voidptr, types.uint32, types.int64), code


def _some_near(typing: Any, start: Any, piece: Any, limit: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start, piece, limit = args
        found = _differing(builder, start, _everywhere(builder, piece), 0)
        near = builder.icmp_unsigned("<", found, _everywhere(builder, limit))
        return builder.zext(builder.bitcast(near, ir.IntType(_LANES)), v.WORD)

    return types.uint64(types.voidptr, types.uint32, types.int64), code


def _fetch(typing: Any, start: Any, offset: Any) -> v.Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, index = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, index, index, index])
        name = "llvm.prefetch.p0i8"
        module = builder.module
        function = module.globals.get(name) or ir.Function(module, kind, name)
        place = builder.gep(args[0], [args[1]])
        how = [ir.Constant(index, number) for number in (0, 2, 1)]  # to read, soon, data
        builder.call(function, [place, *how])
        return context.get_dummy_value()

    return types.void(types.voidptr, types.intp), code


any_near: Any = intrinsic(_any_near)
"""``any_near(start, piece, limit)``: whether one of 64 pieces has fewer differing bits."""

which_near: Any = intrinsic(_which_near)
"""``which_near(start, piece, limit)``: which ones of the 64, as bits of a word."""

some_near: Any = intrinsic(_some_near)
"""``some_near(start, piece, limit)``: the same of the first :data:`FEW` pieces alone."""

fetch: Any = intrinsic(_fetch)
"""``fetch(start, offset)``: begin to bring what lies there from memory, and don't wait for it."""
