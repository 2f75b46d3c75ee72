"""What the kernels need and Numba lacks: reading at an address, and counting bits.

Codes come as arrays of many kinds: mapped or not, read-only or not, aligned or not, rows of bytes
or of words. To Numba each of them is another type, and so another compilation. Kernels therefore
take the address of the first row as an integer, and read through these functions, which make no
demands on alignment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["load_byte", "load_word", "pointer", "popcount"]

Code = tuple[Any, Callable[..., Any]]


def _pointer(typing: Any, address: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.intp), code


def _popcount(typing: Any, word: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), code


def _load_word(typing: Any, start: Any, offset: Any) -> Code:
    return types.uint64(types.voidptr, types.intp), _load(64)


def _load_byte(typing: Any, start: Any, offset: Any) -> Code:
    return types.uint8(types.voidptr, types.intp), _load(8)


def _load(width: int) -> Callable[..., Any]:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.gep(args[0], [args[1]])
        return builder.load(builder.bitcast(place, ir.IntType(width).as_pointer()), align=1)

    return code


pointer: Any = intrinsic(_pointer)
"""``pointer(address)``: the address as what LLVM can reason about, unlike an integer."""

popcount: Any = intrinsic(_popcount)
"""``popcount(word)``: bits set. LLVM has it for vectors, by an instruction or by a table."""

load_word: Any = intrinsic(_load_word)
"""``load_word(pointer, offset)``: eight bytes from ``offset`` bytes on, as ``uint64``."""

load_byte: Any = intrinsic(_load_byte)
"""``load_byte(pointer, offset)``: one byte as ``uint8``."""
