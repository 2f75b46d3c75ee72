"""What the kernels of multi-index hashing need and Numba lacks: prefetching and comparing lanes.

Written as LLVM's vectors, 32 signatures are compared by five instructions where the processor
counts bits in 16-bit lanes (AVX-512 BITALG), and by some more elsewhere, with the same result.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LANES", "lowest", "near", "prefetch"]

LANES = 32
"""Signatures that are compared at a time; a table's array is this much longer than its rows."""


def _prefetch(typing: Any, array: Any, index: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        byte = ir.IntType(8).as_pointer()
        i32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
        insert: Any = cgutils.get_or_insert_function
        function = insert(builder.module, kind, "llvm.prefetch.p0i8")
        place = builder.bitcast(builder.gep(data, [args[1]]), byte)
        builder.call(function, [place, i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), code


def _near(typing: Any, array: Any, index: Any, signature: Any, limit: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        lanes = ir.VectorType(ir.IntType(16), LANES)
        insert: Any = cgutils.get_or_insert_function
        function = insert(
            builder.module, ir.FunctionType(lanes, [lanes]), f"llvm.ctpop.v{LANES}i16"
        )

        def splat(value: Any) -> Any:
            one = builder.insert_element(lanes(ir.Undefined), value, ir.IntType(32)(0))
            zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
            return builder.shuffle_vector(one, lanes(ir.Undefined), zeros)

        place = builder.bitcast(builder.gep(data, [args[1]]), lanes.as_pointer())
        found = builder.xor(builder.load(place, align=2), splat(args[2]))
        inside = builder.icmp_unsigned("<=", builder.call(function, [found]), splat(args[3]))
        return builder.bitcast(inside, ir.IntType(LANES))

    return types.uint32(array, types.intp, types.uint16, types.uint16), code


def _lowest(typing: Any, mask: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.cttz(args[0], ir.IntType(1)(1))
        return builder.zext(place, ir.IntType(64))

    return types.intp(types.uint32), code


prefetch: Any = intrinsic(_prefetch)
"""``prefetch(array, index)``: begin to fetch that element of a flat array."""

near: Any = intrinsic(_near)
"""``near(signatures, index, signature, limit)``: which of the next signatures are within a limit,
as the bits of a ``uint32``."""

lowest: Any = intrinsic(_lowest)
"""``lowest(mask)``: place of the lowest set bit of a ``uint32`` that isn't zero."""
