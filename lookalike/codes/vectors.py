"""Vectors of bits in LLVM's language: what the intrinsics of the kernels are built from.

LLVM finds most vector code by itself, but not the networks of :mod:`lookalike.codes.slices`: a few
hundred logic operations on whole registers. They are written out here, for vectors of as many
64-bit lanes as the processor's registers have; LLVM turns them into instructions of whatever
machine it runs on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba.core import cgutils, codegen

__all__ = [
    "LANES",
    "VECTOR",
    "VECTOR_BYTES",
    "WORD",
    "Code",
    "add",
    "alloca",
    "below",
    "const",
    "is_any",
    "is_any_true",
    "load",
    "load_splat",
    "load_word",
    "loop",
    "ones",
    "smaller",
    "splat",
    "spread",
    "store",
    "swap",
    "total",
    "turned",
]

Code = tuple[Any, Callable[..., Any]]
"""What the body of a Numba intrinsic returns: a signature and what writes the code."""

_codegen: Any = codegen
_WIDE = "+avx512f" in (
    os.environ.get("NUMBA_CPU_FEATURES") or _codegen.get_host_cpu_features()
).split(",")

LANES = 8 if _WIDE else 4
"""64-bit lanes of a vector. On processors with shorter registers LLVM splits it."""

VECTOR_BYTES = 8 * LANES
WORD = ir.IntType(64)
VECTOR = ir.VectorType(WORD, LANES)
_INDEX = ir.IntType(32)


def const(value: int) -> Any:
    """A 64-bit constant."""
    return ir.Constant(WORD, value)


def splat(value: int) -> Any:
    """A constant in every lane."""
    return ir.Constant(VECTOR, [value] * LANES)


def load(builder: Any, start: Any, offset: Any, align: int = VECTOR_BYTES) -> Any:
    """The vector that lies ``offset`` bytes behind ``start``."""
    place = builder.gep(start, [offset])
    return builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=align)


def store(builder: Any, value: Any, start: Any, offset: Any) -> None:
    """Store a vector to a place that is aligned as vectors are."""
    place = builder.gep(start, [offset])
    builder.store(value, builder.bitcast(place, VECTOR.as_pointer()), align=VECTOR_BYTES)


def load_word(builder: Any, start: Any, offset: Any) -> Any:
    """The 64-bit word that lies ``offset`` bytes behind ``start``."""
    place = builder.gep(start, [offset])
    return builder.load(builder.bitcast(place, WORD.as_pointer()), align=1)


def load_splat(builder: Any, start: Any, offset: Any) -> Any:
    """The 64-bit word that lies ``offset`` bytes behind ``start``, in every lane."""
    return spread(builder, load_word(builder, start, offset))


def spread(builder: Any, word: Any) -> Any:
    """A 64-bit word in every lane."""
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), word, ir.Constant(_INDEX, 0))
    lanes = ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)
    return builder.shuffle_vector(one, one, lanes)


def _function(builder: Any, name: str, result: Any, arguments: Sequence[Any]) -> Any:
    module = builder.module
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, arguments), name)


def ones(builder: Any, vector: Any) -> Any:
    """Bits set in each lane of a vector of any kind."""
    kind = vector.type
    name = f"llvm.ctpop.v{kind.count}i{kind.element.width}"
    return builder.call(_function(builder, name, kind, [kind]), [vector])


def smaller(builder: Any, a: Any, b: Any) -> Any:
    """The lesser of two unsigned numbers in each lane of vectors of any kind."""
    kind = a.type
    name = f"llvm.umin.v{kind.count}i{kind.element.width}"
    return builder.call(_function(builder, name, kind, [kind, kind]), [a, b])


def swap(builder: Any, vector: Any, step: int) -> Any:
    """The vector with each lane changed for the one whose number differs by the bit ``step``."""
    lanes = ir.VectorType(_INDEX, LANES)
    order = ir.Constant(lanes, [lane ^ step for lane in range(LANES)])
    return builder.shuffle_vector(vector, vector, order)


def turned(builder: Any, square: Sequence[Any]) -> list[Any]:
    """As many vectors as a vector has lanes, with lanes and vectors exchanged."""
    rows = list(square)
    step = 1
    while step < LANES:
        lanes = range(LANES)
        upper = [lane if not lane & step else LANES + lane - step for lane in lanes]
        lower = [lane + step if not lane & step else LANES + lane for lane in lanes]
        for row in lanes:
            if not row & step:
                a, b = rows[row], rows[row + step]
                for place, order in ((row, upper), (row + step, lower)):
                    mask = ir.Constant(ir.VectorType(_INDEX, LANES), order)
                    rows[place] = builder.shuffle_vector(a, b, mask)
        step *= 2
    return rows


@contextmanager
def loop(builder: Any, count: Any) -> Iterator[Any]:
    """Code inside is repeated, with a number that counts from zero."""
    cg: Any = cgutils
    with cg.for_range(builder, count) as state:
        yield state.index


def alloca(builder: Any, kind: Any) -> Any:
    """A local variable, which LLVM turns into a register."""
    cg: Any = cgutils
    return cg.alloca_once(builder, kind)


def total(builder: Any, vector: Any) -> Any:
    """The sum over all lanes."""
    kind = vector.type
    name = f"llvm.vector.reduce.add.v{kind.count}i{kind.element.width}"
    return builder.call(_function(builder, name, kind.element, [kind]), [vector])


def _logic(builder: Any, table: int, a: Any, b: Any, c: Any) -> Any:
    """Any function of three bits by its truth table: one instruction where there is AVX-512."""
    name = f"llvm.x86.avx512.pternlog.q.{64 * LANES}"
    function = _function(builder, name, VECTOR, [VECTOR, VECTOR, VECTOR, _INDEX])
    return builder.call(function, [a, b, c, ir.Constant(_INDEX, table)])


def add(builder: Any, a: Any, b: Any, c: Any) -> tuple[Any, Any]:
    """Full adder: in each bit, the sum of three bits and its carry."""
    if _WIDE:
        return _logic(builder, 0x96, a, b, c), _logic(builder, 0xE8, a, b, c)
    half = builder.xor(a, b)
    carry = builder.or_(builder.and_(a, b), builder.and_(half, c))
    return builder.xor(half, c), carry


def below(builder: Any, number: Sequence[Any], limit: Sequence[Any]) -> Any:
    """In each bit, whether a number is less than a limit, both given as vectors from bit 0 on."""
    less = splat(0)
    for digit, bound in zip(number, limit, strict=True):
        if _WIDE:
            less = _logic(builder, 0x8E, digit, bound, less)
        else:  # the majority of (not digit, bound, less)
            either = builder.or_(bound, less)
            both = builder.and_(bound, less)
            less = builder.or_(both, builder.and_(builder.not_(digit), either))
    return less


def is_any(builder: Any, vector: Any) -> Any:
    """Whether any bit of a vector is set."""
    wide = ir.IntType(64 * LANES)
    return builder.icmp_unsigned("!=", builder.bitcast(vector, wide), ir.Constant(wide, 0))


def is_any_true(builder: Any, flags: Any) -> Any:
    """Whether any lane of a vector of single bits is set."""
    count = ir.IntType(flags.type.count)
    return builder.icmp_unsigned("!=", builder.bitcast(flags, count), ir.Constant(count, 0))
