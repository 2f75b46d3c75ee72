"""The flat tables of multi-index hashing: arrays, how they are filled, how they are probed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.indexes import multihash_kernels as kernels
from lookalike.indexes.multihash_lanes import LANES
from lookalike.indexes.multihash_layout import Layout, choose, order_bits
from lookalike.indexes.multihash_probe import probe
from lookalike.indexes.threads import run, shares

__all__ = ["Probed", "Tables", "address", "build", "reordered"]

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

_SAMPLE = 4096  # codes that the order of bits is taken from


@dataclass(frozen=True, slots=True)
class Tables:
    """Codes and the tables over them. Arrays may be mapped from files, and are only read.

    Attributes:
        layout: how the codes are cut.
        order: int64 (bits,): which bit of the original codes is at each place.
        codes: uint64 (n, words), reordered.
        offsets: uint32 (tables, 2 ** prefix + 1): bounds of the buckets.
        rows: uint32 (tables x n,): rows by table and bucket.
        signatures: uint16 (tables x (n + LANES),): what follows the key, likewise.
        places: table for :func:`reordered`, made from ``order``.
    """

    layout: Layout
    order: Ints
    codes: Words
    offsets: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.uint32]
    signatures: npt.NDArray[np.uint16]
    places: npt.NDArray[np.uint64]

    @classmethod
    def of(
        cls,
        layout: Layout,
        order: Ints,
        codes: Words,
        offsets: npt.NDArray[np.uint32],
        rows: npt.NDArray[np.uint32],
        signatures: npt.NDArray[np.uint16],
    ) -> Tables:
        """Tables from their arrays."""
        return cls(layout, order, codes, offsets, rows, signatures, _places(order, layout.bits))

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays that grow with the codes."""
        arrays = (self.codes, self.offsets, self.rows, self.signatures)
        return sum(array.nbytes for array in arrays)

    def probe(
        self,
        queries: Words,
        steps: int,
        masks: tuple[npt.NDArray[np.uint32], Ints],
        *,
        k: int,
        allowed: npt.NDArray[Any] | None,
        budget: int,
        cost: int,
        probe_cost: int,
        fetch_cost: int,
    ) -> Probed:
        """One batch of reordered queries, in the calling thread; see ``multihash_probe.probe``.

        With ``k`` = 0 everything within ``steps - 1`` bits is found, else the k nearest.
        """
        count, radius = len(queries), steps - 1
        heaps = np.full((count, k), np.iinfo(np.int64).max)
        looked, spent = np.zeros((2, count), np.int64)
        done = np.zeros(count, np.uint8)
        layout = self.layout
        hits, used = probe(
            self.codes,
            self.codes.reshape(-1),
            self.offsets,
            self.rows,
            self.signatures,
            layout.starts(),
            np.array([layout.bits, layout.prefix, layout.signature]),
            queries,
            steps,
            *masks,
            layout.limits(radius),
            layout.bits if k else radius,
            address(allowed),
            budget,
            cost,
            probe_cost,
            fetch_cost,
            heaps,
            looked,
            spent,
            done,
        )
        return Probed(np.sort(heaps, axis=1) if k else _distinct(hits[:used]), looked, spent, done)


@dataclass(frozen=True, slots=True)
class Probed:
    """What probing found.

    Attributes:
        keys: int64, ascending; the k nearest, (queries, k), or all hits,
            ``query << 45 | distance << 32 | row``.
        looked: int64 (queries,): codes whose signature was read.
        spent: int64 (queries,).
        done: uint8 (queries,): see ``multihash_probe.probe``.
    """

    keys: Ints
    looked: Ints
    spent: Ints
    done: npt.NDArray[np.uint8]


def build(
    codes: npt.NDArray[Any],
    bits: int,
    radius: int,
    tables: int | None,
    threads: int,
    order: Ints | None = None,
    stop: Callable[[], None] | None = None,
) -> Tables:
    """Choose a layout and an order of the bits, and fill tables.

    Args:
        codes: uint8 (n, bytes) or uint64 (n, words).
        bits: of a code.
        radius: that the layout is for.
        tables: their number if it is settled.
        threads: to fill them with.
        order: if the codes come from other tables, the order that their bits are in.
        stop: called before each table; it ends the work by raising an error.
    """
    n = len(codes)
    layout = choose(n, bits, radius, tables)
    some = np.ascontiguousarray(codes[np.linspace(0, max(0, n - 1), min(n, _SAMPLE)).astype(int)])
    sample = np.unpackbits(
        some.view(np.uint8), axis=1, count=bits, bitorder="big" if order is None else "little"
    )
    found = order_bits(sample, layout)
    ordered = reordered(codes, _places(found, bits, order is None), threads)
    return fill(ordered, found if order is None else order[found], layout, threads, stop)


def fill(
    codes: Words,
    order: Ints,
    layout: Layout,
    threads: int,
    stop: Callable[[], None] | None = None,
) -> Tables:
    """Fill tables with codes that are in order already."""
    n, tables = len(codes), layout.tables
    offsets = np.empty((tables, 2**layout.prefix + 1), np.uint32)
    rows = np.empty(tables * n, np.uint32)
    signatures = np.empty(tables * (n + LANES), np.uint16)

    def some(low: int, high: int) -> None:
        for table in range(low, high):
            if stop is not None:
                stop()
            start, width = table * (n + LANES), n + LANES
            kernels.fill(
                codes,
                layout.bits,
                int(layout.starts()[table]),
                layout.prefix,
                layout.signature,
                offsets[table],
                rows[table * n : (table + 1) * n],
                signatures[start : start + width],
            )

    run([partial(some, low, high) for low, high in shares(tables, threads)])
    return Tables.of(layout, order, codes, offsets, rows, signatures)


def reordered(codes: npt.NDArray[Any], places: npt.NDArray[np.uint64], threads: int = 1) -> Words:
    """Codes with their bits in the tables' order, uint64 (n, words)."""
    codes = np.ascontiguousarray(codes)
    out = np.empty((len(codes), places.shape[2]), np.uint64)
    if len(codes):
        width = codes.shape[1] * codes.dtype.itemsize

        def some(low: int, high: int) -> None:
            kernels.reorder(address(codes), width, low, high, places, out)

        run([partial(some, *part) for part in shares(len(codes), threads, at_least=4096)])
    return out


def _places(order: Ints, bits: int, packed_order: bool = True) -> npt.NDArray[np.uint64]:
    """For each half byte and its value, where its bits go: uint64 (half bytes, 16, words).

    The bits of a byte are counted from the most significant one in packed codes, and from the
    least significant one in codes that have been reordered.
    """
    halves = np.zeros((2 * packed.bytes_for(bits), 16, packed.words_for(bits)), np.uint64)
    values = np.arange(16)
    for place, bit in enumerate(order.tolist()):
        if packed_order:
            half, value = bit // 4, 8 >> bit % 4
        else:
            half, value = bit // 4 ^ 1, 1 << bit % 4
        halves[half, (values & value) != 0, place // 64] |= np.uint64(1 << place % 64)
    return halves


def _distinct(keys: Ints) -> Ints:
    """Keys in order, each once."""
    keys = np.sort(keys)
    new = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return keys[new]


def address(array: npt.NDArray[Any] | None) -> int:
    """Of the first element; 0 for none."""
    return 0 if array is None else int(array.__array_interface__["data"][0])
