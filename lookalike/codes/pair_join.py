"""One pass of the join of pairs: buckets with the buckets whose keys are near.

What a pass finds by keys and pieces are candidates. They are looked at whole, many at a time, so
that the processor waits for several codes from memory at once. A pair that several passes propose
belongs to the first of them: see :mod:`lookalike.indexes.pairs_plan` for why one always does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lookalike.codes.compiled import compiled
from lookalike.codes.memory import at, claim, lowest, pointer, popcount
from lookalike.codes.pair_check import check
from lookalike.codes.pair_near import FEW, PIECES, any_near, fetch, some_near, which_near

__all__ = ["PENDING", "join"]

PENDING = 256
"""Candidates that are looked at together."""


@compiled()
def join(
    address: int,
    row_bytes: int,
    radius: int,
    chunks: Any,
    shares: Any,
    counts: Any,
    limits: Any,
    number: int,
    pieces: Any,
    rows: Any,
    offsets: Any,
    high_masks: Any,
    low_masks: Any,
    low_ends: Any,
    side: int,
    limit: int,
    turn: int,
    budget: int,
    progress: Any,
    pending: Any,
    edges: Any,
    first_out: Any,
    second_out: Any,
    distances_out: Any,
) -> Any:
    """Find pairs of one pass; several threads share its blocks of buckets.

    Args:
        address: of row 0 of the codes.
        row_bytes: from one row to the next.
        radius: in bits.
        chunks: int64 (m + 1,): where each chunk begins, and the end of the last.
        shares: int64 (m,): differing bits that a chunk must have less than; 0: no pass begins here.
        counts: int64 (m,): chunks of the runs by which each pass says what is its own.
        limits: uint16 (3, m) or (3, 0); see :func:`lookalike.codes.pair_check.check`.
        number: of the pass: the chunk with which its windows begin.
        pieces: uint32 (n + 64,), by bucket; the last 64 mean nothing.
        rows: uint32 (n,): their rows.
        offsets: uint32 (buckets + 1,): where buckets begin.
        high_masks: int64: by which the numbers of two blocks of buckets may differ; 0 first, by
            ascending bits.
        low_masks: int64: the same within blocks.
        low_ends: int64 (t + 1,): how many of ``low_masks`` have at most so many bits; t is how
            many bits keys may differ in.
        side: buckets of a block.
        limit: key and piece together differ in less.
        turn: address of an int64, 0 at first: the block that is next.
        budget: pieces that are compared in one call, about.
        progress: int64 (7,): where to go on; -1 and zeros at first. When all is done the first is
            the number of blocks, and the last is 0.
        pending: uint32 (:data:`PENDING`, 2): candidates.
        edges: int64 (2 m + 1,), for the kernel's own use.
        first_out: int64 (capacity,), capacity more than :data:`PENDING`: lower rows of pairs.
        second_out: int64 (capacity,): their higher rows.
        distances_out: int32 (capacity,): in bits.

    Returns:
        How many were found. When the space or the budget is spent, call again.
    """
    blocks = (len(offsets) - 1) // side
    start, codes = pointer(pieces.ctypes.data), pointer(address)
    most = len(low_ends) - 1
    total, work = 0, 0
    some = progress[6]
    block = progress[0]
    if block < 0:
        block = claim(turn, 1)
    while block < blocks:
        for high in range(progress[1], len(high_masks)):
            progress[1] = 0
            mate_block = block ^ high_masks[high]
            if mate_block < block:
                continue
            above = np.int64(popcount(np.uint64(high_masks[high])))
            for low in range(progress[2], side):
                progress[2] = 0
                bucket = block * side + low
                begin: Any = np.int64(offsets[bucket])
                end: Any = np.int64(offsets[bucket + 1])
                if begin == end:
                    continue
                if work > budget:
                    progress[0], progress[1], progress[2] = block, high, low
                    progress[6] = some
                    if some >= len(first_out) - total:
                        return total
                    progress[6] = 0
                    return check(
                        address,
                        row_bytes,
                        radius,
                        chunks,
                        shares,
                        counts,
                        limits,
                        number,
                        pending,
                        some,
                        edges,
                        total,
                        first_out,
                        second_out,
                        distances_out,
                    )
                for mask in range(progress[3], low_ends[most - above]):
                    progress[3] = 0
                    mate_low = low ^ low_masks[mask]
                    mate = mate_block * side + mate_low
                    mate_begin: Any = np.int64(offsets[mate])
                    mate_end: Any = np.int64(offsets[mate + 1])
                    if mate < bucket or mate_begin == mate_end:
                        continue
                    below = np.int64(popcount(np.uint64(low_masks[mask])))
                    nearer = limit - above - below
                    work += (end - begin) * ((mate_end - mate_begin) // PIECES + 1)
                    for one in range(max(begin, progress[4]), end):
                        progress[4] = 0
                        piece = pieces[one]
                        group = one + 1 if mate == bucket else mate_begin
                        group = max(group, progress[5])
                        progress[5] = 0
                        while group < mate_end:
                            left = mate_end - group
                            here = at(start, 4 * group)
                            if left >= PIECES:
                                if not any_near(here, piece, nearer):
                                    group += PIECES
                                    continue
                                found = which_near(here, piece, nearer)
                                length = PIECES
                            else:
                                length = min(left, FEW)
                                found = some_near(here, piece, nearer)
                                found &= ~np.uint64(0) >> np.uint64(64 - length)
                            if found != 0:
                                if some + PIECES > PENDING:
                                    if some >= len(first_out) - total:
                                        progress[0], progress[1], progress[2] = block, high, low
                                        progress[3], progress[4] = mask, one
                                        progress[5], progress[6] = group, some
                                        return total
                                    total = check(
                                        address,
                                        row_bytes,
                                        radius,
                                        chunks,
                                        shares,
                                        counts,
                                        limits,
                                        number,
                                        pending,
                                        some,
                                        edges,
                                        total,
                                        first_out,
                                        second_out,
                                        distances_out,
                                    )
                                    some = 0
                                while found != 0:
                                    pending[some, 0] = rows[one]
                                    other = rows[group + lowest(found)]
                                    pending[some, 1] = other
                                    fetch(codes, np.int64(other) * row_bytes)
                                    some += 1
                                    found &= found - np.uint64(1)
                            group += length
        block = claim(turn, 1)
    progress[0] = block
    progress[6] = some
    if some < len(first_out) - total:
        total = check(
            address,
            row_bytes,
            radius,
            chunks,
            shares,
            counts,
            limits,
            number,
            pending,
            some,
            edges,
            total,
            first_out,
            second_out,
            distances_out,
        )
        progress[6] = 0
    return total
