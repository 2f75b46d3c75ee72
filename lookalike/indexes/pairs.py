"""All pairs of codes within a radius, for duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.errors import UsageError
from lookalike.indexes.arguments import check_allowed, check_radius
from lookalike.indexes.pairs_join import JoinPass
from lookalike.indexes.pairs_plan import Plan, plan
from lookalike.indexes.pairs_scan import STRIP_ROWS, ScanStrips
from lookalike.system.processors import processors
from lookalike.types import Codes

__all__ = ["Pairs", "PairsJoin", "all_pairs"]

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int32]]
"""First rows, second rows and distances of some pairs."""

_STRIPS = 16  # of a scan that are one unit


def all_pairs(
    codes: Codes | npt.NDArray[np.uint64],
    bits: int,
    radius: int,
    threads: int | None = None,
    *,
    allowed: npt.NDArray[np.bool_] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Pairs]:
    """Find all pairs of codes within a radius of each other: exact, by what is soonest.

    With few codes or a wide radius all are compared with all; else they are joined, see
    :mod:`lookalike.indexes.pairs_plan`. A million codes of 256 bits at radius 31 take less than a
    second on two cores. Memory does not grow, however many pairs there are.

    Args:
        codes: packed codes, uint8 (n, ceil(bits / 8)), or their words, uint64
            (n, ceil(bits / 64)); in memory or mapped, unchanged until the iterator ends.
        bits: width of the codes, 1 to 4096.
        radius: in bits, at least 0; pairs at exactly this distance are found.
        threads: as many as there are processors if omitted.
        allowed: bool (n,): only rows where it is true are paired.
        progress: called with the units of work that are done, and all there are.

    Yields:
        Rows i (int64), rows j (int64) and distances (int32) of some pairs, i < j; each pair once,
        in no particular order, never nothing.

    Raises:
        UsageError: an argument of another type, shape or range; at once, not when iterating.
    """
    join = PairsJoin(codes, bits, radius, threads, allowed=allowed)
    return _units(join, progress)


def _units(join: PairsJoin, progress: Callable[[int, int], None] | None) -> Iterator[Pairs]:
    for unit in range(join.units):
        yield from join.pairs(unit)
        if progress is not None:
            progress(unit + 1, join.units)


class PairsJoin:
    """The search for all pairs in units of work, so that a long one can go on after it was ended.

    The same codes, width, radius and rows give the same plan, and the same pairs for each unit:
    whoever keeps the number of units that are done, and what they gave, can begin again with the
    next. ``plan`` may be kept too, so that another version of lookalike goes on with it.

    Besides the codes it holds 8 bytes for each, at most 12 more for where buckets begin, and 3 MB
    for each thread; where all are compared with all, and only some rows allowed, a copy of their
    codes.

    Args:
        codes: as for :func:`all_pairs`, like all that follow.
        bits: likewise.
        radius: likewise.
        threads: likewise.
        allowed: likewise.
        plan: of an earlier run over the same codes; made if omitted.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> codes = np.array([[0], [1], [255]], np.uint8)
        >>> join = PairsJoin(codes, 8, 1)
        >>> [rows.tolist() for unit in range(join.units) for rows in next(join.pairs(unit))]
        [[0], [1], [1]]
    """

    def __init__(
        self,
        codes: Codes | npt.NDArray[np.uint64],
        bits: int,
        radius: int,
        threads: int | None = None,
        *,
        allowed: npt.NDArray[np.bool_] | None = None,
        plan: Plan | None = None,
    ) -> None:
        _check(codes, bits)
        self._radius = check_radius(radius)
        if threads is not None and threads < 1:
            raise UsageError(f"at least 1 thread is needed, not {threads}")
        self._codes: npt.NDArray[Any] = np.ascontiguousarray(codes)
        self._bits = bits
        self._threads = threads or processors()
        allowed = check_allowed(allowed, len(codes))
        whole = allowed is None or bool(allowed.all())
        self._allowed = None if whole else np.ascontiguousarray(allowed)
        self._count = len(codes) if self._allowed is None else int(np.count_nonzero(self._allowed))
        if plan is not None:
            plan.check(len(codes), bits, self._radius)
        self.plan: Plan = self._planned() if plan is None else plan

    def _planned(self) -> Plan:
        rows = None if self._allowed is None else np.flatnonzero(self._allowed)
        return plan(self._codes, self._bits, self._radius, rows)

    @property
    def units(self) -> int:
        """Units of work."""
        if self.plan.way == "join":
            return len(self.plan.passes)
        return -(-self._count // (STRIP_ROWS * _STRIPS))

    def pairs(self, unit: int) -> Iterator[Pairs]:
        """The pairs that a unit finds, as :func:`all_pairs` yields them.

        Raises:
            UsageError: there is no such unit; at once, not when iterating.
        """
        if not 0 <= unit < self.units:
            raise UsageError(f"the join has the units 0 to {self.units - 1}, not {unit}")
        return self._joined(unit) if self.plan.way == "join" else self._scanned(unit)

    def _joined(self, unit: int) -> Iterator[Pairs]:
        work = JoinPass(
            *(self._codes, self._radius, self.plan, self.plan.passes[unit]),
            *(self._allowed, self._threads),
        )
        while not work.done():
            for found in work.more():
                if len(found[0]):
                    yield found

    def _scanned(self, unit: int) -> Iterator[Pairs]:
        codes, rows = self._codes, None
        if self._allowed is not None:
            rows = np.flatnonzero(self._allowed)
            codes = np.ascontiguousarray(codes[rows])
        limit = min(self._radius, self._bits) + 1
        low = unit * _STRIPS * STRIP_ROWS
        high = min(len(codes), low + _STRIPS * STRIP_ROWS)
        work = ScanStrips(codes, self._bits, limit, low, high, self._threads)
        while not work.done():
            for first, second, distances in work.more():
                if len(first):
                    if rows is not None:
                        first, second = rows[first], rows[second]
                    yield first, second, distances


def _check(codes: npt.NDArray[Any], bits: int) -> None:
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
