"""Exact search by comparing every code: the default, and the oracle for every other index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import batches, kernels, sifting, slices
from lookalike.codes import bits as packed
from lookalike.codes.shortlists import ROW_BITS, arranged, merged
from lookalike.indexes.arguments import (
    check_allowed,
    check_codes,
    check_ids,
    check_k,
    check_radius,
    check_threads,
)
from lookalike.indexes.threads import run, shares
from lookalike.system.processors import processors
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["Scan"]

_LIST_BYTES = 4 << 20  # of the shortlists that one thread keeps at a time
_LONG = 8192  # neighbours from which scanning twice takes less memory than shortlists
_BATCH = 24  # queries of a thread from which slicing the codes pays
_SPLIT_BYTES = 1 << 20  # of codes: fewer aren't worth waking a thread for
_COPY_BYTES = 4 << 20  # of codes that are copied to words, which are faster to read
_SPACE = 1 << 16  # codes that a radius search finds before it hands them over

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
_few: Any = kernels  # called with arguments by the tuple, which mypy can't count
_many: Any = batches
_Found = tuple[npt.NDArray[np.int32], Ints]


class Scan:
    """Exact k nearest and radius search over binary codes.

    The codes are used where they are: in memory or mapped from a file, read-only or not, aligned or
    not. They must not change while the scan is in use.

    Args:
        codes: packed codes, uint8 (n, ceil(bits / 8)), or their words, uint64
            (n, ceil(bits / 64)), as :func:`lookalike.codes.bits.to_words` makes them; padding
            bits zero. A copy is made only where rows aren't contiguous.
        bits: width of the codes, 1 to 4096.
        ids: int64 (n,), strictly increasing and not negative; the row numbers if omitted.
        threads: used by one call; as many as there are processors if omitted.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> scan = Scan(np.array([[0b11110000], [0b00000001]], dtype=np.uint8), bits=8)
        >>> scan.search(np.array([[0b00000000]], dtype=np.uint8), k=2)[0]
        [Hit(id=1, distance=1), Hit(id=0, distance=4)]
    """

    def __init__(
        self,
        codes: Codes | npt.NDArray[np.uint64],
        bits: int,
        ids: Ints | None = None,
        threads: int | None = None,
    ) -> None:
        check_codes(codes, bits)
        check_threads(threads)
        if ids is not None:
            ids = np.ascontiguousarray(check_ids(ids, len(codes)))
        self._bits = int(bits)
        self._codes: npt.NDArray[Any] = np.ascontiguousarray(codes)
        words, width = packed.words_for(bits), packed.bytes_for(bits)
        if codes.shape[1] != words and self._codes.size <= _COPY_BYTES and width % 8:
            self._codes = packed.to_words(self._codes)
        self._row_bytes = self._codes.shape[1] * self._codes.itemsize
        self._rows = (_address(self._codes), self._row_bytes, 0, len(codes))
        self._ids = ids
        self._ids_address = _address(ids)
        self._limits = slices.limits(bits)
        self._threads = threads or processors()
        self._short = self._threads == 1 or self._codes.nbytes < _SPLIT_BYTES

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._bits

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._codes)

    def search(self, queries: Codes, k: int, *, allowed: Allowed = None) -> Hits:
        """The k nearest codes of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            k: neighbours wanted, at least 1.
            allowed: bool (n,): only rows where it is true are found.

        Returns:
            Ordered by (distance, id); padded with -1 where there are fewer than k.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        k = check_k(k)
        queries = packed.check(queries, self._bits, name="queries")
        if not queries.flags.writeable:  # to Numba another type, and another compilation
            queries = queries.copy()
        mask = self._mask(allowed)
        address, row_bytes, _, rows = self._rows
        wanted = k if k < rows else rows
        count = len(queries)
        ids = np.empty((count, k), np.int64)
        distances = np.empty((count, k), np.int32)
        if wanted > _LONG:
            self._longest(queries, wanted, mask, ids, distances)
        elif count == 1 and self._short:
            admit = 0 if mask is None else _address(mask)
            names = self._ids_address
            _few.search(
                address, row_bytes, rows, queries, self._bits, wanted, admit, names, ids, distances
            )
        else:
            step = max(1, _LIST_BYTES // (8 * (wanted + max(wanted, 64)) + 4 * self._bits))
            step *= self._threads
            for low in range(0, count, step):
                part = slice(low, low + step)
                self._nearest(queries[part], wanted, mask, ids[part], distances[part])
        return Hits(ids, distances, True)

    def within(self, queries: Codes, radius: int, *, allowed: Allowed = None) -> RadiusHits:
        """All codes within a radius of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            radius: in bits, at least 0; a code at exactly this distance is found.
            allowed: bool (n,): only rows where it is true are found.

        Returns:
            Ordered by (distance, id) within each query.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        radius = check_radius(radius)
        queries = packed.check(queries, self._bits, name="queries")
        if not queries.flags.writeable:
            queries = queries.copy()
        mask = self._mask(allowed)
        limit = min(radius, self._bits) + 1
        owners, keys = self._within(queries, limit, mask)
        distances = keys >> ROW_BITS
        places = np.zeros((len(queries), limit), np.int64)
        np.add.at(places, (owners, distances), 1)
        offsets = np.zeros(len(queries) + 1, np.int64)
        np.cumsum(places.sum(axis=1), out=offsets[1:])
        flat = places.reshape(-1)
        flat[:] = np.cumsum(flat) - flat
        ids = np.empty(len(keys), np.int64)
        ordered_distances = np.empty(len(keys), np.int32)
        arranged(owners, keys, places, self._ids_address, ids, ordered_distances)
        return RadiusHits(offsets=offsets, ids=ids, distances=ordered_distances, exact=True)

    def _mask(self, allowed: Allowed) -> Allowed:
        checked = check_allowed(allowed, len(self))
        return None if checked is None else np.ascontiguousarray(checked)

    def _nearest(
        self,
        queries: Codes,
        k: int,
        mask: Allowed,
        ids: Ints,
        distances: npt.NDArray[np.int32],
    ) -> None:
        """The k nearest; in order, each query's from the first column on."""
        count = len(queries)
        allowed, names = _address(mask), self._ids_address
        if count >= 2 * _BATCH:
            keys = np.empty((1, count, k), np.int64)
            kind, limits, rows = slices.kind(self._bits), self._limits, self._rows

            def job(low: int, high: int) -> None:
                work = sifting.space(self._bits, nearest=True)
                own = (queries[low:high], k, limits, allowed, work, keys[0, low:high])
                _many.nearest(kind, *rows, *own)

            run([partial(job, *part) for part in shares(count, self._threads, at_least=_BATCH)])
        elif self._short:
            own = (queries, self._bits, k, allowed, names, ids, distances)
            _few.search(self._rows[0], self._rows[1], self._rows[3], *own)
            return
        else:
            keys = np.empty((self._threads, count, k), np.int64)
            turn = np.zeros(1, np.int64)
            shared = (*self._rows, queries, self._bits, k, allowed, _address(turn))
            run([partial(_few.nearest, *shared, part) for part in keys])
        merged(keys, ids.shape[1], names, ids, distances)

    def _within(
        self, queries: Codes, limit: int, mask: Allowed
    ) -> tuple[npt.NDArray[np.int32], Ints]:
        """Queries and keys of all that are nearer than a limit, by ascending row for each query."""
        allowed, rows = _address(mask), self._rows
        kind, limits = slices.kind(self._bits), self._limits

        def few(low: int, high: int) -> list[_Found]:
            common = (queries, self._bits, limit, allowed)
            return _drained(partial(_few.within, *rows[:2], low, high, *common), low, high)

        def many(low: int, high: int) -> list[_Found]:
            work = sifting.space(self._bits, nearest=False)
            own = (queries[low:high], limits, allowed, work, limit, -1)
            found = _drained(partial(_many.within, kind, *rows, *own), 0, len(self))
            for owners, _ in found:
                owners += low
            return found

        if len(queries) < 2 * _BATCH:
            least = max(1, _SPLIT_BYTES // self._row_bytes // 2)
            parts = shares(len(self), self._threads, at_least=least, multiple=4096)
            found = run([partial(few, *part) for part in parts])
        else:
            parts = shares(len(queries), self._threads, at_least=_BATCH)
            found = run([partial(many, *part) for part in parts])
        owners = [o for part in found for o, _ in part]
        keys = [k for part in found for _, k in part]
        return np.concatenate(owners), np.concatenate(keys)

    def _longest(
        self,
        queries: Codes,
        k: int,
        mask: Allowed,
        ids: Ints,
        distances: npt.NDArray[np.int32],
    ) -> None:
        """The k nearest for large k: find the distance of the k-th, then all within it."""
        ids[:] = -1
        distances[:] = -1
        for number in range(len(queries)):
            query = queries[number : number + 1]
            counts = np.zeros(self._bits + 1, np.int64)
            _few.count(*self._rows, query, self._bits, _address(mask), counts)
            radius = int(np.searchsorted(np.cumsum(counts), k))
            found = self.within(query, min(radius, self._bits), allowed=mask)
            some = min(k, len(found.ids))
            ids[number, :some] = found.ids[:some]
            distances[number, :some] = found.distances[:some]


def _drained(kernel: Callable[..., int], low: int, high: int) -> list[_Found]:
    """Call a kernel that finds codes within a radius until it is through."""
    progress = np.array([low, 0])
    owners, keys = np.empty(_SPACE, np.int32), np.empty(_SPACE, np.int64)
    found = []
    while True:
        total = kernel(progress, owners, keys)
        found.append((owners[:total].copy(), keys[:total].copy()))
        if progress[0] >= high:
            return found


def _address(array: npt.NDArray[Any] | None) -> int:
    return 0 if array is None else int(array.__array_interface__["data"][0])
