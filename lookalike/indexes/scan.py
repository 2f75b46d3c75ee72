"""Exact search by comparing every code: the default, and the oracle for every other index."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.codes import batches, kernels, slices
from lookalike.codes.shortlists import ROW_BITS, ordered, shortlists
from lookalike.errors import UsageError
from lookalike.indexes.threads import default_threads, run, shares
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["Scan"]

_ROW = (1 << ROW_BITS) - 1
_LIST_BYTES = 4 << 20  # of the shortlists that one thread keeps at a time
_LONG = 8192  # neighbours from which counting twice takes less memory than shortlists
_BATCH = 24  # queries from which slicing the codes pays
_SPLIT_WORDS = 1 << 16  # 512 KiB of codes: less isn't worth waking a thread for

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]


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
        words = packed.words_for(bits)
        width = packed.bytes_for(bits)
        if not isinstance(codes, np.ndarray) or codes.dtype not in (np.uint8, np.uint64):
            found = codes.dtype if isinstance(codes, np.ndarray) else type(codes).__name__
            raise UsageError(f"codes must be packed uint8 or words of uint64, not {found}")
        columns = width if codes.dtype == np.uint8 else words
        if codes.ndim != 2 or codes.shape[1] != columns:
            raise UsageError(
                f"{codes.dtype} codes of {bits} bits have the shape (n, {columns}), "
                f"not {codes.shape}"
            )
        if threads is not None and threads < 1:
            raise UsageError(f"a scan needs at least 1 thread, not {threads}")
        if ids is not None:
            ids = _check_ids(ids, len(codes))
        self._bits = int(bits)
        self._words = words
        self._codes = _rows_contiguous(np.asarray(codes))
        self._row_bytes = columns * codes.dtype.itemsize
        self._ids = ids
        self._limits = slices.limits(bits)
        self._threads = threads or default_threads()

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
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
            raise UsageError(f"k must be a whole number of at least 1, not {k!r}")
        words = self._query_words(queries)
        mask = self._mask(allowed)
        wanted = min(int(k), len(self))
        if wanted == 0 or not len(words):
            none = np.full((len(words), k), -1)
            return Hits(ids=none, distances=none.astype(np.int32), exact=True)
        if wanted > _LONG:
            keys = self._longest(words, wanted, mask)
        else:
            keys = self._nearest(words, wanted, mask)
        if wanted < k:
            padded = np.full((len(words), k), -1)
            padded[:, :wanted] = keys
            keys = padded
        missing = keys < 0
        rows = keys & _ROW
        distances = (keys >> ROW_BITS).astype(np.int32)
        if missing.any():
            rows[missing] = 0
            found = self._to_ids(rows)
            found[missing] = -1
            return Hits(ids=found, distances=distances, exact=True)
        return Hits(ids=self._to_ids(rows), distances=distances, exact=True)

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
        if isinstance(radius, bool) or not isinstance(radius, (int, np.integer)) or radius < 0:
            raise UsageError(f"a radius is a whole number of at least 0 bits, not {radius!r}")
        words = self._query_words(queries)
        mask = self._mask(allowed)
        limit = min(int(radius), self._bits)
        parts = self._parts()
        counts = self._count(words, limit, mask, parts)
        per_query = counts.sum((0, 2))
        offsets = np.zeros(len(words) + 1, np.int64)
        np.cumsum(per_query, out=offsets[1:])
        rows, distances = self._collect(words, mask, parts, counts, offsets[:-1], offsets[-1])
        return RadiusHits(offsets=offsets, ids=self._to_ids(rows), distances=distances, exact=True)

    def _query_words(self, queries: Codes) -> npt.NDArray[np.uint64]:
        return packed.to_words(packed.check(queries, self._bits, name="queries"))

    def _mask(self, allowed: Allowed) -> Allowed:
        if allowed is None:
            return None
        if not isinstance(allowed, np.ndarray) or allowed.dtype != np.bool_:
            raise UsageError("allowed must be an array of bool, one for each row")
        if allowed.shape != (len(self),):
            raise UsageError(f"allowed has the shape ({len(self)},), not {allowed.shape}")
        return np.ascontiguousarray(allowed)

    def _to_ids(self, rows: Ints) -> Ints:
        return rows if self._ids is None else self._ids[rows]

    def _parts(self) -> list[tuple[int, int]]:
        """Ranges of rows, one for each thread."""
        least = max(1, _SPLIT_WORDS // self._words)
        return shares(len(self), self._threads, at_least=least, multiple=4096)

    def _nearest(self, words: npt.NDArray[np.uint64], k: int, mask: Allowed) -> Ints:
        """Keys of the k nearest, int64 (queries, k), -1 where there are fewer."""
        n = len(self)
        split = shares(len(words), self._threads)
        if len(split) == self._threads:
            jobs = [
                partial(self._nearest_rows, words[low:high], k, mask, 0, n) for low, high in split
            ]
            return np.concatenate(run(jobs))
        rows = [partial(self._nearest_rows, words, k, mask, a, b) for a, b in self._parts()]
        if len(rows) == 1:
            return rows[0]()
        # Unsigned, the -1 of missing ones sorts last.
        merged = np.concatenate(run(rows), axis=1).view(np.uint64)
        merged.sort(axis=1)
        return np.ascontiguousarray(merged[:, :k]).view(np.int64)

    def _nearest_rows(
        self, words: npt.NDArray[np.uint64], k: int, mask: Allowed, low: int, high: int
    ) -> Ints:
        out = np.empty((len(words), k), np.int64)
        step = max(1, _LIST_BYTES // (8 * (k + max(k, 256)) + 4 * self._bits))
        for first in range(0, len(words), step):
            some = words[first : first + step]
            lists = shortlists(len(some), k, self._bits)
            if len(some) >= _BATCH:
                batches.nearest(
                    slices.kind(self._bits),
                    *self._rows(low, high),
                    some,
                    k,
                    self._limits,
                    _address(mask),
                    batches.space(self._bits, nearest=True),
                    *lists,
                )
            else:
                kernels.nearest(*self._rows(low, high), some, k, _address(mask), *lists)
            ordered(k, *lists, out[first : first + step])
        return out

    def _longest(self, words: npt.NDArray[np.uint64], k: int, mask: Allowed) -> Ints:
        """The same for large k: count all distances, then write each code to its place."""
        parts = self._parts()
        out = np.full((len(words), k), -1)
        for query in range(len(words)):
            one = words[query : query + 1]
            counts = self._count(one, self._bits, mask, parts)
            found = min(k, int(counts.sum()))
            start = np.zeros(1, np.int64)
            rows, distances = self._collect(one, mask, parts, counts, start, found)
            out[query, :found] = (distances.astype(np.int64) << ROW_BITS) | rows
        return out

    def _count(
        self,
        words: npt.NDArray[np.uint64],
        limit: int,
        mask: Allowed,
        parts: list[tuple[int, int]],
    ) -> Ints:
        """Codes at each distance: int64 (parts, queries, limit + 1)."""
        counts = np.zeros((len(parts), len(words), limit + 1), np.int64)
        run(
            [
                partial(kernels.count, *self._rows(*part), words, _address(mask), counts[number])
                for number, part in enumerate(parts)
            ]
        )
        return counts

    def _collect(
        self,
        words: npt.NDArray[np.uint64],
        mask: Allowed,
        parts: list[tuple[int, int]],
        counts: Ints,
        starts: Ints,
        total: int,
    ) -> tuple[Ints, npt.NDArray[np.int32]]:
        """Rows and distances of what was counted, at most ``total`` of them."""
        # In the order of the answer: by query, distance, part.
        lengths = np.moveaxis(counts, 0, 2)
        shape = lengths.shape
        flat = lengths.reshape(shape[0], shape[1] * shape[2])
        places = starts[:, None] + np.cumsum(flat, axis=1) - flat
        places = np.ascontiguousarray(np.moveaxis(places.reshape(shape), 2, 0))
        ends = np.minimum(places + counts, total)
        rows = np.empty(total, np.int64)
        distances = np.empty(total, np.int32)
        run(
            [
                partial(
                    kernels.collect,
                    *self._rows(*part),
                    words,
                    _address(mask),
                    places[number],
                    ends[number],
                    rows,
                    distances,
                )
                for number, part in enumerate(parts)
            ]
        )
        return rows, distances

    def _rows(self, low: int, high: int) -> tuple[int, int, int, int]:
        """The codes as kernels take them: address, bytes of a row, first and last row."""
        return _address(self._codes), self._row_bytes, low, high


def _address(array: npt.NDArray[Any] | None) -> int:
    return 0 if array is None else int(array.__array_interface__["data"][0])


def _rows_contiguous(codes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return codes if codes.flags.c_contiguous else np.ascontiguousarray(codes)


def _check_ids(ids: Ints, n: int) -> Ints:
    ids = np.asarray(ids)
    if ids.dtype != np.int64 or ids.shape != (n,):
        raise UsageError(f"ids are int64 of shape ({n},), not {ids.dtype} {ids.shape}")
    if n and int(ids[0]) < 0:
        raise UsageError(f"ids must not be negative, unlike {int(ids[0])}: -1 means none")
    falling = np.flatnonzero(ids[1:] <= ids[:-1])
    if len(falling):
        place = int(falling[0]) + 1
        raise UsageError(
            f"ids must be strictly increasing, unlike {int(ids[place])} after "
            f"{int(ids[place - 1])} at row {place}; sort the rows by id"
        )
    return ids
