"""Multi-index hashing: locality-sensitive hashing that is exact within a radius."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.errors import UsageError
from lookalike.indexes import joined
from lookalike.indexes import multihash_files as files
from lookalike.indexes.arguments import (
    check_budget,
    check_codes,
    check_ids,
    check_k,
    check_radius,
    check_threads,
)
from lookalike.indexes.multihash_layout import Layout, usual_radius
from lookalike.indexes.multihash_search import NEVER, ROW, TableSearch
from lookalike.indexes.multihash_state import State
from lookalike.indexes.multihash_tables import Tables, build, reordered
from lookalike.indexes.scan import Scan
from lookalike.system.processors import processors
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["MultiHash"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


class MultiHash:
    """Codes in hash tables keyed by parts of them: exact, and faster than a scan for small radii.

    Codes that differ in few bits agree, or nearly, in some part of them; so a search looks into the
    buckets of its query's parts and of keys that are a bit or two away (Norouzi, Punjani and Fleet
    2012, "Fast Search in Hamming Space with Multi-Index Hashing"), and passes over what a second
    part shows to be too far (:mod:`lookalike.indexes.multihash_layout` says why that is exact).
    A query that would cost more so than a scan gets a scan: the k nearest are looked for at growing
    radii until they are certain, or until what was spent shows that a scan is due.

    The index keeps a copy of the codes. Searches may run in many threads, also while another adds
    or removes; one thread at a time may do that.

    Args:
        codes: packed codes, uint8 (n, ceil(bits / 8)), or their words, uint64
            (n, ceil(bits / 64)); at most 2^32 - 64 of them.
        bits: width of the codes, 1 to 4096.
        ids: int64 (n,), strictly increasing and not negative; the row numbers if omitted.
        radius: that the tables are laid out for; any radius can be asked for. PDQ's 31 of 256,
            and that share of other widths, if omitted.
        tables: their number, 1 to ``bits``; chosen by what it costs if omitted.
        threads: used by one call; as many as there are processors if omitted.
        stop: called before each table is filled; it ends the building by raising an error.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> codes = np.array([[0b11110000], [0b00000001]], dtype=np.uint8)
        >>> index = MultiHash(codes, bits=8, radius=2)
        >>> index.within(np.array([[0b00000000]], dtype=np.uint8), radius=2)[0]
        [Hit(id=1, distance=1)]
    """

    def __init__(
        self,
        codes: Codes | Words,
        bits: int,
        ids: Ints | None = None,
        radius: int | None = None,
        tables: int | None = None,
        threads: int | None = None,
        *,
        stop: Callable[[], None] | None = None,
    ) -> None:
        check_codes(codes, bits)
        check_threads(threads)
        rows = np.arange(len(codes)) if ids is None else check_ids(ids, len(codes))
        if len(codes) >= 2**32 - 64:
            raise UsageError(f"an index holds fewer than 2^32 - 64 codes, not {len(codes)}")
        radius = usual_radius(bits) if radius is None else check_radius(radius)
        self._radius = min(radius, bits)
        self._tables = tables
        self._threads = threads or processors()
        flat = np.ascontiguousarray(codes)
        built = build(flat, bits, self._radius, tables, self._threads, stop=stop)
        self._state = _state_of(built, rows)

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._state.tables.layout.bits

    @property
    def layout(self) -> Layout:
        """How the codes are cut into tables."""
        return self._state.tables.layout

    @property
    def ids(self) -> Ints:
        """Ids of all codes, int64 (n,), increasing: the rows that ``allowed`` speaks of."""
        return self._state.all_ids()

    @property
    def nbytes(self) -> int:
        """Bytes that the index takes, in memory or mapped."""
        state = self._state
        extra = (state.ids, state.tail, state.tail_ids, state.alive)
        return state.tables.nbytes + sum(a.nbytes for a in extra if a is not None)

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._state)

    def search(
        self, queries: Codes, k: int, *, allowed: Allowed = None, budget: int | None = None
    ) -> Hits:
        """The k nearest codes of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            k: neighbours wanted, at least 1.
            allowed: bool (n,): only rows where it is true are found; in the order of :attr:`ids`.
            budget: codes that each query may look at, at least 1; then the search ends with what it
                has found, nearest buckets first.

        Returns:
            Ordered by (distance, id); padded with -1 where there are fewer than k. ``exact`` is
            false if a query used up its budget.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        k = check_k(k)
        state = self._state
        words = self._query_words(state, queries)
        main, tail = state.masks(allowed)
        check_budget(budget)
        wanted = min(k, len(state))
        ids = np.full((len(words), k), -1)
        distances = np.full((len(words), k), -1, np.int32)
        found = Hits(ids=ids, distances=distances, exact=True)
        if not wanted or not len(words):
            return found
        keys, exact = TableSearch(state.tables, self._threads).nearest(words, wanted, main, budget)
        there = keys != NEVER
        ids[:, :wanted][there] = state.ids[keys[there] & ROW]
        distances[:, :wanted][there] = keys[there] >> 32
        found = replace(found, exact=exact)
        if len(state.tail_ids):
            hits = self._tail_scan(state).search(words.view(np.uint8), k, allowed=tail)
            found = joined.nearest(found, hits)
        return found

    def within(
        self, queries: Codes, radius: int, *, allowed: Allowed = None, budget: int | None = None
    ) -> RadiusHits:
        """All codes within a radius of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            radius: in bits, at least 0; a code at exactly this distance is found.
            allowed: as for :meth:`search`.
            budget: as for :meth:`search`.

        Returns:
            Ordered by (distance, id) within each query. ``exact`` is false if a query used up its
            budget.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        limit = min(check_radius(radius), self.bits)
        state = self._state
        words = self._query_words(state, queries)
        main, tail = state.masks(allowed)
        check_budget(budget)
        search = TableSearch(state.tables, self._threads)
        owners, distances, rows, exact = search.within(words, limit, main, budget)
        offsets = np.zeros(len(words) + 1, np.int64)
        np.cumsum(np.bincount(owners, minlength=len(words)), out=offsets[1:])
        found = RadiusHits(offsets=offsets, ids=state.ids[rows], distances=distances, exact=exact)
        if len(state.tail_ids):
            hits = self._tail_scan(state).within(words.view(np.uint8), limit, allowed=tail)
            found = joined.within(found, hits)
        return found

    def add(self, codes: Codes, ids: Ints | None = None) -> None:
        """Add codes. They are scanned until there are enough of them to fill the tables anew.

        Args:
            codes: packed, uint8 (n, ceil(bits / 8)).
            ids: int64 (n,), strictly increasing, none of them in the index; those that follow the
                greatest one if omitted.

        Raises:
            UsageError: an argument of another type or shape, or an id that the index has.
        """
        state = self._state
        codes = packed.check(codes, self.bits)
        self._state = state.added(reordered(codes, state.tables.places), ids)
        if self._state.is_due():
            self.merge()

    def remove(self, ids: npt.ArrayLike) -> None:
        """Remove codes by their ids, in any order.

        Raises:
            UsageError: an id that isn't in the index; nothing is removed then.
        """
        self._state = self._state.without(ids)
        if self._state.is_due():
            self.merge()

    def merge(self) -> None:
        """Fill the tables anew with what was added, and without what was removed."""
        state = self._state
        codes, ids = state.merged(state.tables.codes)
        order = state.tables.order
        built = build(codes, self.bits, self._radius, self._tables, self._threads, order)
        self._state = _state_of(built, ids)

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the index to a folder, from which :meth:`load` maps it.

        Raises:
            UsageError: there is something else at this path.
        """
        files.save(Path(folder), self._state, self._radius, self._tables)

    @classmethod
    def load(
        cls, folder: str | os.PathLike[str], *, threads: int | None = None, verify: bool = False
    ) -> Self:
        """Map an index that :meth:`save` wrote. Pages are read when a search touches them.

        Args:
            folder: where it is.
            threads: as for the constructor.
            verify: compare the contents of the files with their checksums too, which reads them.

        Raises:
            LibraryNotFoundError: there is no index in this folder.
            LibraryDamagedError: its files aren't what its manifest says.
            LibraryVersionError: a newer lookalike wrote it.
        """
        if threads is not None and threads < 1:
            raise UsageError(f"an index needs at least 1 thread, not {threads}")
        index = cls.__new__(cls)
        index._state, index._radius, index._tables = files.load(Path(folder), verify)
        index._threads = threads or processors()
        return index

    def holds(self, rows: Ints, codes: Codes | Words) -> bool:
        """Whether rows of the tables have these codes.

        Args:
            rows: int64 (m,), of the codes that the tables were filled with.
            codes: m of them, packed or words.
        """
        tables = self._state.tables
        return np.array_equal(tables.codes[rows], reordered(codes, tables.places))

    def _query_words(self, state: State, queries: Codes) -> Words:
        queries = packed.check(queries, self.bits, name="queries")
        return reordered(queries, state.tables.places)

    def _tail_scan(self, state: State) -> Scan:
        return Scan(state.tail, 64 * state.tail.shape[1], state.tail_ids, self._threads)


def _state_of(built: Tables, ids: Ints) -> State:
    """Tables to which nothing was added yet."""
    return State(ids, None, built.codes[:0], ids[:0], built)
