"""Candidates of a pass of the join of pairs, looked at whole: which are pairs of this very pass.

A pass *qualifies* for two codes if, from its chunk on, runs of one, two and so on up to so many
chunks all differ in less than the sum of their shares; see :mod:`lookalike.indexes.pairs_plan`. A
pair belongs to the first chunk that qualifies. Where all chunks are 16 bits of codes of one, two,
four or eight words, vectors answer for all chunks at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lookalike.codes import vectors as v
from lookalike.codes.compiled import compiled
from lookalike.codes.memory import at, lowest, pointer, popcount, row_distance, row_word

__all__ = ["CHUNK_BITS", "RUN", "check"]

CHUNK_BITS = 16
"""Bits of a chunk that a vector has a lane for."""

RUN = 3
"""Chunks of a run where chunks are that long: a key of at most 16 bits and a piece of 32."""

_LANE = ir.IntType(CHUNK_BITS)


def _qualifying(words: int) -> Any:
    lanes = 64 * words // CHUNK_BITS
    kind = ir.VectorType(_LANE, lanes)
    index = ir.VectorType(ir.IntType(32), lanes)

    def load(builder: Any, start: Any, offset: int) -> Any:
        place = builder.gep(start, [v.const(offset)])
        return builder.load(builder.bitcast(place, kind.as_pointer()), align=1)

    def body(typing: Any, one: Any, other: Any, limits: Any) -> v.Code:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            one, other, limits = args
            changed = v.ones(builder, builder.xor(load(builder, one, 0), load(builder, other, 0)))
            total, near, turned = changed, None, changed
            order = ir.Constant(index, [(lane + 1) % lanes for lane in range(lanes)])
            for run in range(RUN):
                limit = load(builder, limits, 2 * lanes * run)
                below = builder.icmp_unsigned("<", total, limit)
                near = below if near is None else builder.and_(near, below)
                turned = builder.shuffle_vector(turned, turned, order)
                total = builder.add(total, turned)
            return builder.zext(builder.bitcast(near, ir.IntType(lanes)), v.WORD)

        return types.uint64(types.voidptr, types.voidptr, types.voidptr), code

    return intrinsic(body)


_qualifying_1: Any = _qualifying(1)
_qualifying_2: Any = _qualifying(2)
_qualifying_4: Any = _qualifying(4)
_qualifying_8: Any = _qualifying(8)


@compiled()
def _even(
    address: int,
    row_bytes: int,
    radius: int,
    limits: Any,
    number: int,
    pending: Any,
    some: int,
    total: int,
    first_out: Any,
    second_out: Any,
    distances_out: Any,
) -> Any:
    """:func:`check` by vectors."""
    start, bounds = pointer(address), pointer(limits.ctypes.data)
    for candidate in range(some):
        one: Any = np.int64(pending[candidate, 0])
        other: Any = np.int64(pending[candidate, 1])
        a, b = at(start, one * row_bytes), at(start, other * row_bytes)
        if row_bytes == 32:
            found = _qualifying_4(a, b, bounds)
        elif row_bytes == 8:
            found = _qualifying_1(a, b, bounds)
        elif row_bytes == 16:
            found = _qualifying_2(a, b, bounds)
        else:
            found = _qualifying_8(a, b, bounds)
        if lowest(found) == number:
            distance = row_distance(start, row_bytes, one, row_bytes // 8, b)
            if distance <= radius:
                first_out[total] = min(one, other)
                second_out[total] = max(one, other)
                distances_out[total] = distance
                total += 1
    return total


@compiled()
def check(
    address: int,
    row_bytes: int,
    radius: int,
    chunks: Any,
    shares: Any,
    counts: Any,
    limits: Any,
    number: int,
    pending: Any,
    some: int,
    edges: Any,
    total: int,
    first_out: Any,
    second_out: Any,
    distances_out: Any,
) -> Any:
    """Put the candidates that are pairs of this pass behind ``total`` others.

    Args:
        address: of row 0 of the codes.
        row_bytes: from one row to the next.
        radius: in bits.
        chunks: int64 (m + 1,): where each chunk begins, and the end of the last.
        shares: int64 (m,).
        counts: int64 (m,): chunks of a run.
        limits: uint16 (:data:`RUN`, m): sums of the shares of runs of one, two and so on chunks
            from each chunk on, where vectors can be used; else of no chunk.
        number: of the pass: the chunk with which its windows begin.
        pending: uint32 (candidates, 2): rows.
        some: how many candidates there are.
        edges: int64 (2 m + 1,), for the kernel's own use.
        total: pairs before them.
        first_out: int64: lower rows; there is room for one more than there are candidates.
        second_out: int64: higher rows.
        distances_out: int32.

    Returns:
        How many pairs there are then.
    """
    if limits.shape[1] != 0:
        return _even(
            address,
            row_bytes,
            radius,
            limits,
            number,
            pending,
            some,
            total,
            first_out,
            second_out,
            distances_out,
        )
    start = pointer(address)
    kinds = len(shares)
    for candidate in range(some):
        one: Any = np.int64(pending[candidate, 0])
        other: Any = np.int64(pending[candidate, 1])
        # The bits that differ before each edge of a chunk.
        before: Any = np.int64(0)
        edge = 1
        for word in range((row_bytes + 7) // 8):
            changed = row_word(start, row_bytes, one, word) ^ row_word(
                start, row_bytes, other, word
            )
            while edge <= kinds and chunks[edge] < 64 * (word + 1):
                mask = (np.uint64(1) << np.uint64(chunks[edge] & 63)) - np.uint64(1)
                edges[edge] = before + np.int64(popcount(changed & mask))
                edge += 1
            before += np.int64(popcount(changed))
        if before > radius:
            continue
        while edge <= kinds:
            edges[edge] = before
            edge += 1
        for chunk in range(kinds):
            edges[kinds + chunk] = before + edges[chunk]
        first = 0
        while first <= number:
            share: Any = np.int64(0)
            run = 0
            while run < counts[first]:
                share += shares[(first + run) % kinds]
                if edges[first + run + 1] - edges[first] >= share:
                    break
                run += 1
            if run == counts[first]:
                break
            first += 1
        if first == number:
            first_out[total] = min(one, other)
            second_out[total] = max(one, other)
            distances_out[total] = before
            total += 1
    return total
