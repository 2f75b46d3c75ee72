"""One exact index over binary codes: scan, multi-index hashing and pairs behind one class."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.indexes import joined
from lookalike.indexes.arguments import as_folder, check_codes, check_ids, check_threads
from lookalike.indexes.array_folder import ArrayFolder, damaged
from lookalike.indexes.changes import Rows
from lookalike.indexes.exact import ExactScan, exact_scan
from lookalike.indexes.kept import KeptIndex
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["HammingIndex"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_log = logging.getLogger(__name__)

_FOLDER = ArrayFolder("lookalike hamming", 1, {"codes": (np.uint64, 2), "ids": (np.int64, 1)})
_TABLES = "tables"


@dataclass(frozen=True, slots=True)
class _State(Rows):
    """All that a search looks at.

    Attributes:
        kept: the rows in place, found by id.
        codes: theirs.
    """

    kept: KeptIndex
    codes: npt.NDArray[Any]


class HammingIndex:
    """Binary codes by Hamming distance: the k nearest, all within a radius, all pairs. Exact.

    Each question is answered by what is fastest for it, a scan or tables of multi-index hashing:
    :class:`lookalike.indexes.kept.KeptIndex` says when, with figures. Codes are used where they
    are, in memory or mapped; only tables hold a copy. They are built when they pay, in a thread.

    Searches may run in many threads, also while others add and remove.

    Args:
        codes: packed, uint8 (n, ceil(bits / 8)), or their words, uint64 (n, ceil(bits / 64)), as
            :func:`lookalike.codes.bits.to_words` makes them; they must not change.
        bits: width of the codes, 1 to 4096.
        ids: int64 (n,), strictly increasing and not negative; the row numbers if omitted.
        radius: in bits, that will be asked for most; PDQ's 31 of 256, and that share of other
            widths, if omitted. Any radius can be asked for.
        threads: used by one call; as many as there are processors if omitted.

    Raises:
        UsageError: an argument of another type, shape or range.

    Example:
        >>> codes = np.array([[0b11110000], [0b00000001]], dtype=np.uint8)
        >>> index = HammingIndex(codes, bits=8, ids=np.array([17, 18]))
        >>> index.search(np.array([[0b00000000]], dtype=np.uint8), k=1)[0]
        [Hit(id=18, distance=1)]
    """

    def __init__(
        self,
        codes: Codes | Words,
        bits: int,
        ids: Ints | None = None,
        *,
        radius: int | None = None,
        threads: int | None = None,
    ) -> None:
        check_codes(codes, bits)
        ids = np.arange(len(codes)) if ids is None else check_ids(ids, len(codes))
        self._radius = radius
        self._threads = threads
        self._lock = threading.Lock()  # of changes
        self._state = self._made(codes, bits, ids)

    def _made(self, codes: npt.NDArray[Any], bits: int, ids: Ints) -> _State:
        kept = KeptIndex(codes, bits, ids, radius=self._radius, threads=self._threads)
        return _State(ids, None, codes[:0], ids[:0], kept, codes)

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._state.kept.bits

    @property
    def ids(self) -> Ints:
        """Ids of all codes, int64 (n,), increasing: the rows that ``allowed`` speaks of."""
        return self._state.all_ids()

    @property
    def nbytes(self) -> int:
        """Bytes of codes, ids and tables, in memory or mapped."""
        state = self._state
        extra = (state.tail, state.tail_ids, state.alive)
        return state.kept.nbytes + sum(a.nbytes for a in extra if a is not None)

    @property
    def table_bytes(self) -> int:
        """Those of the tables and of their copy of the codes; 0 where there are none."""
        return self._state.kept.table_bytes

    def __len__(self) -> int:
        """Number of codes."""
        return len(self._state)

    def search(self, queries: Codes, k: int, *, allowed: Allowed = None) -> Hits:
        """The k nearest codes of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            k: neighbours wanted, at least 1.
            allowed: bool (n,): only rows where it is true are found; in the order of :attr:`ids`.

        Returns:
            Ordered by (distance, id); padded with -1 where there are fewer than k.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        state = self._state
        main, tail = state.masks(allowed)
        found = state.kept.search(queries, k, allowed=main)
        if len(state.tail_ids):
            found = joined.nearest(found, self._tail(state).search(queries, k, allowed=tail))
        return found

    def within(self, queries: Codes, radius: int, *, allowed: Allowed = None) -> RadiusHits:
        """All codes within a radius of each query.

        Args:
            queries: packed, uint8 (queries, ceil(bits / 8)).
            radius: in bits, at least 0; a code at exactly this distance is found.
            allowed: as for :meth:`search`.

        Returns:
            Ordered by (distance, id) within each query.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        state = self._state
        main, tail = state.masks(allowed)
        found = state.kept.within(queries, radius, allowed=main)
        if len(state.tail_ids):
            found = joined.within(found, self._tail(state).within(queries, radius, allowed=tail))
        return found

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[Ints, Ints, npt.NDArray[np.int32]]]:
        """All pairs of codes within a radius of each other, of those that are there now.

        Args:
            radius: in bits, at least 0; pairs at exactly this distance are found.
            progress: called with the units of work that are done, and all there are.

        Yields:
            Ids i, ids j (int64) and distances (int32) of some pairs, i < j; each pair once, in no
            particular order, never nothing.

        Raises:
            UsageError: an argument of another type or range; at once, not when iterating.
        """
        state = self._state
        codes, ids = state.merged(state.codes)
        if codes is state.codes:
            return state.kept.pairs(radius, progress=progress)
        index = KeptIndex(codes, self.bits, ids, radius=self._radius, threads=self._threads)
        return index.pairs(radius, progress=progress)

    def add(self, codes: Codes, ids: Ints | None = None) -> None:
        """Add codes. They are scanned beside the others until there are enough to merge them.

        Args:
            codes: packed, uint8 (n, ceil(bits / 8)).
            ids: int64 (n,), strictly increasing, none of them in the index; those that follow the
                greatest one if omitted.

        Raises:
            UsageError: an argument of another type or shape, or an id that the index has.
        """
        codes = packed.check(codes, self.bits)
        with self._lock:
            state = self._state
            new = packed.to_words(codes) if state.codes.dtype == np.uint64 else codes
            self._change(state.added(new, ids))

    def remove(self, ids: npt.ArrayLike) -> None:
        """Remove codes by their ids, in any order.

        Raises:
            UsageError: an id that isn't in the index; nothing is removed then.
        """
        with self._lock:
            self._change(self._state.without(ids))

    def prepare(self) -> None:
        """Build tables now, if any question would use them, however little has been asked."""
        self._state.kept.prepare()

    def close(self) -> None:
        """Give up building tables; questions are answered as before."""
        self._state.kept.close()

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the index to a folder, from which :meth:`load` maps it, with tables if it has them.

        Raises:
            UsageError: no path, or there is something else at this path.
            OSError: the disk is full or can't be written to.
        """
        state, path = self._state, as_folder(folder)
        codes, ids = state.merged(state.codes)
        words = codes if codes.dtype == np.uint64 else packed.to_words(codes)
        _FOLDER.save(
            path, {"bits": self.bits, "radius": self._radius}, {"codes": words, "ids": ids}
        )
        if codes is state.codes:
            try:
                state.kept.copy_tables(path / _TABLES, _FOLDER.digest(path))
            except OSError as error:  # they can be built again
                _log.warning("saved without tables: %s", error)

    @classmethod
    def load(
        cls, folder: str | os.PathLike[str], *, threads: int | None = None, verify: bool = False
    ) -> Self:
        """Map an index that :meth:`save` wrote. Pages are read when a search touches them.

        Tables that are built later are kept in the folder too, if it can be written to.

        Args:
            folder: where it is.
            threads: as for the constructor.
            verify: compare the contents of the files with their checksums too, which reads them.

        Raises:
            UsageError: no path.
            LibraryNotFoundError: there is no index in this folder.
            LibraryDamagedError: its files aren't what its manifest says.
            LibraryVersionError: a newer lookalike wrote it.
        """
        check_threads(threads)
        path = as_folder(folder)
        facts, arrays = _FOLDER.load(path, verify)
        codes, ids, bits = arrays["codes"], arrays["ids"], facts["bits"]
        if codes.shape != (len(ids), packed.words_for(bits)):
            raise damaged(path, "its arrays don't fit together")
        index = cls.__new__(cls)
        index._radius, index._threads = facts["radius"], threads
        index._lock = threading.Lock()
        kept = KeptIndex(
            codes,
            bits,
            ids,
            folder=path / _TABLES,
            stamp=_FOLDER.digest(path),
            radius=index._radius,
            threads=threads,
        )
        if verify:
            kept.verify()
        index._state = _State(ids, None, codes[:0], ids[:0], kept, codes)
        return index

    def _change(self, state: _State) -> None:
        """Go on with other rows; with the lock held."""
        if state.is_due():
            old = state.kept
            state = self._made(*_placed(state))
            if old.table_bytes:
                state.kept.prepare(wait=False)
            old.close()
        self._state = state

    def _tail(self, state: _State) -> ExactScan:
        return exact_scan(state.tail, self.bits, state.tail_ids, self._threads)


def _placed(state: _State) -> tuple[npt.NDArray[Any], int, Ints]:
    codes, ids = state.merged(state.codes)
    return codes, state.kept.bits, ids
