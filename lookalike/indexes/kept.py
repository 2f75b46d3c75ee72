"""An exact index over codes that only grow, its tables kept in a folder beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.errors import UsageError
from lookalike.indexes.arguments import (
    check_allowed,
    check_codes,
    check_k,
    check_radius,
    check_threads,
)
from lookalike.indexes.multihash_layout import usual_radius
from lookalike.indexes.reach import Reach
from lookalike.indexes.table_folder import TableFolder
from lookalike.indexes.table_keeper import TableKeeper
from lookalike.indexes.tabled_rows import TabledRows
from lookalike.system.processors import processors
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["KeptIndex"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]
Found = tuple[Ints, Ints, npt.NDArray[np.int32]]


class KeptIndex:
    """Exact nearest and radius search by what is fastest: a scan, or tables of multi-index hashing.

    Which it is follows from the question: tables for a small radius, or for nearest ones that have
    been near so far, and the scan for all else. Milliseconds a query, on two cores that had other
    work too, among clustered codes of 256 bits:

    =====  ==============  ===========  ======  =============  ======
    codes  within          single scan  tables  1,000 at once  tables
    =====  ==============  ===========  ======  =============  ======
    10^6   31 of 256 bits  0.94         0.14    0.09           0.04
    10^6   48              1.0          0.30    0.18           0.19
    10^7   31              10           0.16    1.2            0.10
    10^7   48              11           0.77    2.8            1.1
    10^7   64              10           7.0     1.8            2.0
    =====  ==============  ===========  ======  =============  ======

    The 200 nearest, and all questions to 10^5 codes, are for the scan.

    :mod:`lookalike.indexes.table_keeper` says when tables are built: not before as much time was
    spent without them as building takes. They are built in a thread, kept in ``folder`` and mapped
    from there later. Rows that aren't in them yet are scanned beside them.

    Nothing is copied but by the tables, which hold the codes once more in another order. Any number
    of threads may ask.

    Args:
        codes: words, uint64 (n, ceil(bits / 64)), or packed, uint8 (n, ceil(bits / 8)); in memory
            or mapped. They must not change.
        bits: width of the codes, 1 to 4096.
        ids: int64 (n,), strictly increasing and not negative, which isn't checked; the row numbers
            if omitted.
        folder: for the tables of these codes and nothing else; made when it is needed. In memory
            if omitted, or if it can't be written to.
        stamp: changes whenever codes change, other than by further rows behind the others. Tables
            in the folder that have another stamp are deleted when new ones are built.
        radius: that tables are laid out for; PDQ's 31 of 256, and that share of other widths, if
            omitted.
        threads: used by one call; as many as there are processors if omitted.

    Raises:
        UsageError: an argument of another type, shape or range.
    """

    def __init__(
        self,
        codes: packed.Words | Codes,
        bits: int,
        ids: Ints | None = None,
        *,
        folder: Path | None = None,
        stamp: str = "",
        radius: int | None = None,
        threads: int | None = None,
    ) -> None:
        check_codes(codes, bits)
        check_threads(threads)
        radius = usual_radius(bits) if radius is None else min(check_radius(radius), bits)
        kept = None if folder is None else TableFolder(folder, stamp)
        keeper = TableKeeper(bits, radius, kept, threads or processors())
        self._set(codes, ids, keeper, Reach(bits))

    def _set(
        self, codes: packed.Words | Codes, ids: Ints | None, keeper: TableKeeper, reach: Reach
    ) -> None:
        check_codes(codes, keeper.bits)
        if ids is not None and (ids.dtype != np.int64 or ids.shape != (len(codes),)):
            raise UsageError(f"ids are int64 of shape ({len(codes)},), not {ids.dtype} {ids.shape}")
        self._codes: npt.NDArray[Any] = np.ascontiguousarray(codes)
        self._ids = ids
        self._keeper = keeper
        self._rows = TabledRows(self._codes, keeper, reach)

    def extended(self, codes: packed.Words | Codes, ids: Ints | None = None) -> KeptIndex:
        """An index over these rows and further ones behind them, which shares the tables.

        Args:
            codes: all of them, the old ones first.
            ids: likewise.

        Raises:
            UsageError: there are fewer codes than before, or of another type or shape.
        """
        if len(codes) < len(self):
            raise UsageError(f"{len(codes):,} codes can't extend {len(self):,}")
        index = KeptIndex.__new__(KeptIndex)
        index._set(codes, ids, self._keeper, self._rows.reach)
        return index

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self._keeper.bits

    @property
    def ids(self) -> Ints:
        """Ids of all codes, int64 (n,), increasing."""
        return np.arange(len(self)) if self._ids is None else self._ids

    @property
    def table_bytes(self) -> int:
        """Bytes of the tables and their copy of the codes, in memory or mapped; 0 without any."""
        tables = self._keeper.tables
        return 0 if tables is None else tables.nbytes

    @property
    def nbytes(self) -> int:
        """Bytes of codes, ids and tables, in memory or mapped."""
        ids = 0 if self._ids is None else self._ids.nbytes
        return self._codes.nbytes + ids + self.table_bytes

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
        queries = packed.check(queries, self.bits, name="queries")
        allowed = check_allowed(allowed, len(self))
        found = self._rows.search(queries, k, allowed)
        if self._ids is None or not len(self):
            return found
        return Hits(np.where(found.ids < 0, -1, self._ids[found.ids]), found.distances, True)

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
        queries = packed.check(queries, self.bits, name="queries")
        found = self._rows.within(queries, radius, check_allowed(allowed, len(self)))
        if self._ids is None:
            return found
        return RadiusHits(found.offsets, self._ids[found.ids], found.distances, True)

    def pairs(
        self, radius: int, *, allowed: Allowed = None, progress: Progress | None = None
    ) -> Iterator[Found]:
        """All pairs of codes within a radius of each other; see :mod:`lookalike.indexes.pairs`.

        Args:
            radius: in bits, at least 0; pairs at exactly this distance are found.
            allowed: bool (n,): only rows where it is true are paired.
            progress: called with the units of work that are done, and all there are.

        Yields:
            Ids i, ids j (int64) and distances (int32) of some pairs, i < j; each pair once, in no
            particular order, never nothing.

        Raises:
            UsageError: an argument of another type, shape or range; at once, not when iterating.
        """
        # Here, not above: most searches need none of its kernels.
        from lookalike.indexes.pairs import all_pairs

        ids, threads = self._ids, self._keeper.threads
        pairs = all_pairs(
            self._codes, self.bits, radius, threads, allowed=allowed, progress=progress
        )
        if ids is None:
            return pairs
        return ((ids[i], ids[j], distances) for i, j, distances in pairs)

    def prepare(self, *, wait: bool = True) -> None:
        """Have the tables, whatever has been asked: map them, or build and keep them.

        Nothing is done where there are so few codes that no question would use tables.

        Args:
            wait: until they are there; else a thread does it, and questions are answered meanwhile.
        """
        if self._keeper.pays(len(self), 1, self._keeper.radius):
            (self._keeper.prepare if wait else self._keeper.begin)(self._codes)

    def copy_tables(self, folder: Path, stamp: str) -> None:
        """Keep the tables, if they are there, in another folder too.

        Raises:
            OSError: it can't be written to, or its disk has too little room.
        """
        tables = self._keeper.tables
        if tables is not None and len(tables) == len(self):
            other = TableFolder(folder, stamp)
            with other.lock(-1.0):
                other.keep(tables)

    def verify(self) -> None:
        """Compare kept tables with their checksums, which reads them; damaged ones are deleted."""
        self._keeper.verify(len(self))

    def wait(self) -> None:
        """Wait for tables that are being built in a thread, if there are any."""
        self._keeper.wait()

    def close(self) -> None:
        """Give up building tables; questions are answered as before."""
        self._keeper.close()
