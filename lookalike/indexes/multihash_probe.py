"""The compiled loop of a search by multi-index hashing: probe, pass over signatures, verify."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from lookalike.codes.compiled import compiled
from lookalike.indexes.multihash_kernels import field, readable
from lookalike.indexes.multihash_lanes import LANES, lowest, near, prefetch
from lookalike.indexes.multihash_verify import verify

__all__ = ["BUDGET", "CERTAIN", "COST", "probe"]

CERTAIN, COST, BUDGET = 1, 2, 3
"""Why a query ended before its last step: its k nearest are certain, it has cost too much, it has
looked at as many codes as it may."""

_ITEMS = 64  # buckets whose cache misses overlap
_PENDING = 256  # codes whose cache misses overlap

_words = readable(types.uint64, 2)
_longs = types.Array(types.int64, 1, "C")
_read_longs = readable(types.int64, 1)


@compiled()
def _gather(
    items: Any,
    filled: int,
    cursor: Any,
    sigs: Any,
    base: int,
    limit: int,
    fetch_cost: int,
    cost: int,
    spent: Any,
    done: Any,
    pending: Any,
) -> None:
    """Pass over the signatures of some buckets; rows that pass wait in ``pending``.

    ``cursor`` holds the bucket to go on with, and how many rows wait; a call ends when they are too
    many for another step.
    """
    item, waiting = cursor[0], cursor[1]
    while item < filled:
        query, place, last = items[item, 0], items[item, 1], items[item, 2]
        signature = np.uint16(items[item, 3])
        if done[query] == COST:
            place = last
        while place < last:
            passed = near(sigs, base + place, signature, np.uint16(limit))
            if last - place < LANES:
                passed &= np.uint32((np.int64(1) << (last - place)) - 1)
            place += LANES
            if passed == 0:
                continue
            place -= LANES
            while passed != 0:
                pending[waiting, 0] = query
                pending[waiting, 1] = place + lowest(passed)
                passed &= np.uint32(passed - np.uint32(1))
                waiting += 1
                spent[query] += fetch_cost
            place += LANES
            if spent[query] > cost and done[query] == 0:
                done[query] = COST
                place = last
            if waiting > len(pending) - LANES:
                break
        if place < last:
            items[item, 1] = place
            break
        item += 1
        if waiting > len(pending) - LANES:
            break
    cursor[0], cursor[1] = item, waiting


_probe_types = (
    _words,  # codes
    readable(types.uint64, 1),  # flat_codes
    readable(types.uint32, 2),  # offsets
    readable(types.uint32, 1),  # rows
    readable(types.uint16, 1),  # sigs
    _read_longs,  # starts
    _read_longs,  # layout
    _words,  # queries
    types.int64,  # steps
    readable(types.uint32, 1),  # masks
    _read_longs,  # shells
    _read_longs,  # limits
    types.int64,  # radius
    types.intp,  # allowed
    types.int64,  # budget
    types.int64,  # cost
    types.int64,  # probe_cost
    types.int64,  # fetch_cost
    types.Array(types.int64, 2, "C"),  # heaps
    _longs,  # looked
    _longs,  # spent
    types.Array(types.uint8, 1, "C"),  # done
)


@compiled(types.Tuple((_longs, types.int64))(*_probe_types))  # type: ignore[no-untyped-call]
def probe(
    codes: Any,
    flat_codes: Any,
    offsets: Any,
    rows: Any,
    sigs: Any,
    starts: Any,
    layout: Any,
    queries: Any,
    steps: int,
    masks: Any,
    shells: Any,
    limits: Any,
    radius: int,
    allowed: int,
    budget: int,
    cost: int,
    probe_cost: int,
    fetch_cost: int,
    heaps: Any,
    looked: Any,
    spent: Any,
    done: Any,
) -> Any:
    """Probe the tables for a batch of queries, step by step.

    Step ``i`` probes table ``i % tables`` at the keys that differ from the query's in exactly
    ``i // tables`` bits; after step ``i`` every code within ``i`` bits has been found. Queries go
    through a step together, so that a table stays in the cache.

    Args:
        codes: uint64 (n, words).
        flat_codes: the same as (n x words,).
        offsets: uint32 (tables, 2 ** prefix + 1).
        rows: uint32 (tables x n,).
        sigs: uint16 (tables x (n + LANES),).
        starts: int64 (tables,), the first bit of each key.
        layout: int64 (3,): bits of a code, of a key, of a signature.
        queries: uint64 (queries, words).
        steps: how many at most.
        masks: uint32: what to flip in a key, those with fewest bits first.
        shells: int64: the masks of ``s`` bits are ``masks[shells[s]:shells[s + 1]]``.
        limits: int64 (tables,): key and signature together may differ in that many bits.
        radius: codes farther away are dropped.
        allowed: address of one byte for each row, or 0.
        budget: codes that a query may look at, with their signatures.
        cost: what a query may cost; a code looked at costs 1.
        probe_cost: what a probe costs.
        fetch_cost: what a code costs whose signature has passed.
        heaps: int64 (queries, k), full of the largest number: the k nearest as
            ``distance << 32 | row``; with k = 0 all within the radius are returned instead.
        looked: int64 (queries,), zeros: written, codes that were looked at.
        spent: int64 (queries,), zeros: written.
        done: uint8 (queries,), zeros: written, :data:`CERTAIN`, :data:`COST` or
            :data:`BUDGET`.

    Returns:
        int64 array and how much of it is used: ``query << 45 | distance << 32 | row``, some of them
        several times.
    """
    tables = len(starts)
    bits, prefix, tail = layout[0], layout[1], layout[2]
    n = len(codes)
    k = heaps.shape[1]
    out = np.empty(0 if k > 0 else 4 * _PENDING, np.int64)
    found = 0
    items = np.empty((_ITEMS, 4), np.int64)
    pending = np.empty((_PENDING, 2), np.int64)
    cursor = np.zeros(2, np.int64)  # bucket to go on with, rows waiting
    for step in range(steps):
        table, shell = step % tables, step // tables
        limit = limits[table] - shell
        base, sig_base = table * n, table * (n + LANES)
        first_mask, last_mask = shells[shell], shells[shell + 1]
        filled, going = 0, 0
        # One round more than there are queries empties what is left.
        for query in range(len(queries) + 1):
            ends = query == len(queries)
            if not ends and done[query] != 0:
                continue
            key, signature, mask = np.uint64(0), np.uint64(0), last_mask
            if not ends:
                going += 1
                mask = first_mask
                key = field(queries, query, starts[table], prefix, bits)
                signature = field(queries, query, starts[table] + prefix, tail, bits)
                spent[query] += probe_cost * (last_mask - first_mask)
            while mask < last_mask or ends:
                while mask < last_mask and filled < _ITEMS:
                    bucket = key ^ np.uint64(masks[mask])
                    mask += 1
                    first = int(offsets[table, bucket])
                    last = min(n, int(offsets[table, bucket + np.uint64(1)]))
                    if first >= last:
                        continue
                    length = last - first
                    if looked[query] + length > budget:
                        length = budget - looked[query]
                        done[query] = BUDGET
                        mask = last_mask
                    prefetch(sigs, sig_base + first)
                    prefetch(sigs, sig_base + first + length)
                    looked[query] += length
                    spent[query] += length
                    items[filled, 0] = query
                    items[filled, 1] = first
                    items[filled, 2] = first + length
                    items[filled, 3] = signature
                    filled += 1
                if filled < _ITEMS and not ends:
                    break
                cursor[0] = 0
                while cursor[0] < filled or (ends and cursor[1] > 0):
                    _gather(
                        items, filled, cursor, sigs, sig_base, limit, fetch_cost, cost, spent,
                        done, pending,
                    )  # fmt: skip
                    if cursor[1] > _PENDING - LANES or (ends and cursor[0] == filled):
                        if k == 0 and found + _PENDING > len(out):
                            larger = np.empty(2 * len(out), np.int64)
                            larger[:found] = out[:found]
                            out = larger
                        found = verify(
                            pending, cursor[1], codes, flat_codes, rows, base, queries, starts,
                            layout, limits, step, radius, allowed, heaps, out, found,
                        )  # fmt: skip
                        cursor[1] = 0
                filled = 0
                if ends:
                    break
            if not ends and spent[query] > cost and done[query] == 0:
                done[query] = COST
        for query in range(len(queries)):
            if k > 0 and done[query] == 0 and heaps[query, 0] >> 32 <= step:
                done[query] = CERTAIN
        if going == 0:
            break
    return out, found
