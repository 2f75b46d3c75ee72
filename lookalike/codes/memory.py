"""What the kernels need and Numba lacks: reading at an address, counting bits, sharing.

Codes come as arrays of many kinds: mapped or not, read-only or not, aligned or not, rows of bytes
or of words. To Numba each of them is another type, and so another compilation. Kernels therefore
take the address of the first row as an integer, and read through these functions, which make no
demands on alignment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lookalike.codes.compiled import compiled

__all__ = [
    "at",
    "claim",
    "flags",
    "load_byte",
    "load_word",
    "lowest",
    "pointer",
    "popcount",
    "row_distance",
    "row_word",
]

Code = tuple[Any, Callable[..., Any]]


def _pointer(typing: Any, address: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.intp), code


def _at(typing: Any, start: Any, offset: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return types.voidptr(types.voidptr, types.intp), code


def _popcount(typing: Any, word: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), code


def _load_word(typing: Any, start: Any, offset: Any) -> Code:
    return types.uint64(types.voidptr, types.intp), _load(64)


def _load_byte(typing: Any, start: Any, offset: Any) -> Code:
    return types.uint8(types.voidptr, types.intp), _load(8)


def _flags(typing: Any, start: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.VectorType(ir.IntType(8), 64)
        values = builder.load(builder.bitcast(args[0], kind.as_pointer()), align=1)
        zero = ir.Constant(kind, [0] * 64)
        found = builder.icmp_unsigned("!=", values, zero)
        return builder.bitcast(found, ir.IntType(64))

    return types.uint64(types.voidptr), code


def _claim(typing: Any, address: Any, amount: Any) -> Code:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", place, args[1], "monotonic")

    return types.int64(types.intp, types.int64), code


def _load(width: int) -> Callable[..., Any]:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.gep(args[0], [args[1]])
        return builder.load(builder.bitcast(place, ir.IntType(width).as_pointer()), align=1)

    return code


pointer: Any = intrinsic(_pointer)
"""``pointer(address)``: the address as what LLVM can reason about, unlike an integer."""

at: Any = intrinsic(_at)
"""``at(pointer, offset)``: a pointer that many bytes on."""

popcount: Any = intrinsic(_popcount)
"""``popcount(word)``: bits set. LLVM has it for vectors, by an instruction or by a table."""

_flags_64: Any = intrinsic(_flags)

claim: Any = intrinsic(_claim)
"""``claim(address, amount)``: add to the int64 at an address, in one step; what it was before."""

load_word: Any = intrinsic(_load_word)
"""``load_word(pointer, offset)``: eight bytes from ``offset`` bytes on, as ``uint64``."""

load_byte: Any = intrinsic(_load_byte)
"""``load_byte(pointer, offset)``: one byte as ``uint8``."""


@compiled()
def flags(address: int, first: int, end: int) -> Any:
    """Which of the (at most 64) bytes from ``first`` to ``end`` aren't zero, as bits of a word.

    Without an address, all of them.
    """
    if address == 0:
        return ~np.uint64(0) >> np.uint64(64 - min(64, end - first))
    if first + 64 <= end:
        return _flags_64(pointer(address + first))
    mask = np.uint64(0)
    for byte in range(first, end):
        value = load_byte(pointer(address), byte)
        mask |= np.uint64(value != 0) << np.uint64(byte - first)
    return mask


@compiled()
def lowest(word: Any) -> Any:
    """Number of the lowest bit that is set."""
    return np.int64(popcount((word & (~word + np.uint64(1))) - np.uint64(1)))


@compiled()
def row_word(start: Any, row_bytes: int, row: int, word: int) -> Any:
    """One word of a row, zero behind the end of the row."""
    place = row * row_bytes + 8 * word
    if 8 * word + 8 <= row_bytes:
        return load_word(start, place)
    value = np.uint64(0)
    for byte in range(row_bytes - 8 * word):
        value |= np.uint64(load_byte(start, place + byte)) << np.uint64(8 * byte)
    return value


@compiled()
def row_distance(start: Any, row_bytes: int, row: int, words: int, query: Any) -> Any:
    """Distance of a row from the words that ``query`` points at."""
    total = np.uint64(0)
    for word in range(words):
        total += popcount(row_word(start, row_bytes, row, word) ^ load_word(query, 8 * word))
    return np.int64(total)
