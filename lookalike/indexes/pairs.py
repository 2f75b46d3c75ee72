"""All pairs of codes within a radius, for duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import batches, sifting, slices
from lookalike.codes import bits as packed
from lookalike.codes.shortlists import ROW_BITS
from lookalike.errors import UsageError
from lookalike.indexes.arguments import check_radius
from lookalike.indexes.threads import run
from lookalike.system.processors import processors
from lookalike.types import Codes

__all__ = ["Pairs", "all_pairs"]

_ROWS = 1 << 14  # codes that are compared with all later ones at a time
_SPACE = 1 << 17  # pairs that a thread finds before it hands them over, 1.5 MiB

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]
"""First rows, second rows and distances of some pairs."""


def all_pairs(
    codes: Codes | npt.NDArray[np.uint64],
    bits: int,
    radius: int,
    threads: int | None = None,
) -> Iterator[Pairs]:
    """Find all pairs of codes within a radius of each other: exact, by comparing all.

    The time grows with the square of the number of codes; a million codes of 256 bits take some
    twenty seconds on two cores, since with a small radius half of the bits usually settle it.
    Memory does not grow, however many pairs there are.

    Args:
        codes: packed codes, uint8 (n, ceil(bits / 8)), or their words, uint64
            (n, ceil(bits / 64)); in memory or mapped, unchanged until the iterator ends.
        bits: width of the codes, 1 to 4096.
        radius: in bits, at least 0; pairs at exactly this distance are found.
        threads: as many as there are processors if omitted.

    Yields:
        Rows i (int64), rows j (int64) and distances (int32) of some pairs, i < j; each pair once,
        in no particular order, never nothing.

    Raises:
        UsageError: an argument of another type, shape or range; at once, not when iterating.
    """
    if codes.dtype not in (np.uint8, np.uint64) or codes.ndim != 2:
        raise UsageError(
            f"codes must be packed uint8 or words of uint64, (n, width), "
            f"not {codes.dtype} {codes.shape}"
        )
    width = packed.bytes_for(bits) if codes.dtype == np.uint8 else packed.words_for(bits)
    if codes.shape[1] != width:
        raise UsageError(
            f"{codes.dtype} codes of {bits} bits have the shape (n, {width}), not {codes.shape}"
        )
    radius = check_radius(radius)
    if threads is not None and threads < 1:
        raise UsageError(f"at least 1 thread is needed, not {threads}")
    limit = min(radius, bits) + 1
    return _pairs(np.ascontiguousarray(codes), bits, limit, threads or processors())


class _Strip:
    """Some codes that are to be compared with all later ones, as far as that has come."""

    def __init__(self, codes: npt.NDArray[Any], bits: int, limit: int, first: int) -> None:
        address = codes.__array_interface__["data"][0]
        row_bytes = codes.shape[1] * codes.itemsize
        queries = np.array(codes[first : first + _ROWS]).view(np.uint8)
        work = sifting.space(bits, nearest=False)
        kernel: Any = batches.within
        self._first, self._end = first, len(codes)
        self._progress = np.array([first, 0])
        self._owners = np.empty(_SPACE, np.int32)
        self._keys = np.empty(_SPACE, np.int64)
        self._go = partial(
            kernel,
            *(slices.kind(bits), address, row_bytes, first, len(codes), queries),
            *(slices.limits(bits), 0, work, limit, first),
            *(self._progress, self._owners, self._keys),
        )

    def done(self) -> bool:
        return int(self._progress[0]) >= self._end

    def more(self) -> Pairs:
        """The next pairs, as many as there is room for."""
        total = self._go()
        keys = self._keys[:total]
        return (
            self._owners[:total].astype(np.int64) + self._first,
            keys & ((1 << ROW_BITS) - 1),
            (keys >> ROW_BITS).astype(np.int32),
        )


def _pairs(codes: npt.NDArray[Any], bits: int, limit: int, threads: int) -> Iterator[Pairs]:
    strips: list[_Strip] = []
    start = 0
    while start < len(codes) or strips:
        while start < len(codes) and len(strips) < threads:
            strips.append(_Strip(codes, bits, limit, start))
            start += _ROWS
        for pairs in run([strip.more for strip in strips]):
            if len(pairs[0]):
                yield pairs
        strips = [strip for strip in strips if not strip.done()]
