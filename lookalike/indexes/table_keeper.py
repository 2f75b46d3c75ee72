"""When codes get tables of multi-index hashing, and from where.

Tables take time to build: 7 seconds for ten million codes of 256 bits, 0.7 for one million, and
140 bytes a code. They pay when enough is asked. How much that will be nobody knows, so they are had
once as much time was spent without them as having them costs (the *ski rental* rule; Karlin,
Manasse, Rudolph and Sleator 1988, "Competitive snoopy caching"): whatever is asked, that is at most
twice the time of who knew it before. Meanwhile, and while they are built in a thread of their own,
the scan answers, and nothing waits. A single question that takes longer than that itself has them
built first.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import words_for
from lookalike.indexes.paying import BATCH, TYPICAL, pays, table_bytes, tables_of
from lookalike.indexes.table_folder import TableFolder

if TYPE_CHECKING:
    from lookalike.indexes.multihash import MultiHash

__all__ = ["TableKeeper"]

_log = logging.getLogger(__name__)

STALE_SHARE = 32
"""Tables that lack more than one row in so many are built anew, when that pays."""

_BUILD_SECONDS = 45e-9  # for a code in a table
_LOAD_SECONDS = 0.4  # of the compiled kernels, where nothing has loaded them
_MAP_SECONDS = 0.01
_SLOWEST = 8  # times as slow as on a typical machine
_MEMORY_SHARE = 4  # of the machine's memory: larger tables aren't built
_SAMPLED = 16  # rows that are compared with those in mapped tables
_KERNELS = "lookalike.indexes.multihash"


class _Stopped(Exception):  # noqa: N818 - a signal, not an error
    """Tables aren't wanted any more."""


class TableKeeper:
    """The tables of codes that only grow, by rows behind the others.

    Any number of threads may call it.

    Args:
        bits: width of the codes.
        radius: in bits, that the tables are laid out for.
        folder: where they are kept; in memory only if omitted.
        threads: to build and to search with.
    """

    def __init__(self, bits: int, radius: int, folder: TableFolder | None, threads: int) -> None:
        self.bits = bits
        self.radius = radius
        self.threads = threads
        self.tables: MultiHash | None = None
        self._folder = folder
        self._spent = 0.0
        self._look = _MAP_SECONDS  # spent seconds at which the price is looked up again
        self._lock = threading.Lock()  # of the sum and of who builds
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()  # held while mapping or building
        self._ended = False

    def pays(self, n: int, queries: int, reach: int) -> bool:
        """Whether tables of n codes answer so many queries sooner than a scan does."""
        return pays(n, self.bits, self.radius, reach, queries >= BATCH)

    def asked(self, codes: npt.NDArray[Any], queries: int) -> MultiHash | None:
        """The tables for a question that they pay for, if they are there or worth waiting for."""
        tables = self.tables
        if tables is not None and len(tables) <= len(codes):
            return tables
        scan = self._scan_seconds(len(codes), queries)
        if scan > 2 * _MAP_SECONDS and scan > 2 * self._price(len(codes)):
            self._try(codes, -1.0)
        tables = self.tables
        return tables if tables is not None and len(tables) <= len(codes) else None

    def spent(self, codes: npt.NDArray[Any], queries: int, seconds: float) -> None:
        """Note what a scan of rows that belong into tables has taken; begin to have tables."""
        # The first scan of a process may have compiled its kernels: that is no reason for tables.
        seconds = min(seconds, _SLOWEST * self._scan_seconds(len(codes), queries))
        with self._lock:
            self._spent += seconds
            if self._spent < self._look:
                return
            if self._spent < self._price(len(codes)):
                self._look = 1.25 * self._spent
                return
            self._spent, self._look = 0.0, _MAP_SECONDS
        self.begin(codes)

    def begin(self, codes: npt.NDArray[Any]) -> None:
        """Have the tables soon, by a thread."""
        with self._lock:
            if self._ended or self._thread is not None:
                return
            _alive.add(self)
            name = "lookalike-tables"
            self._thread = threading.Thread(
                target=self._beside, args=(codes,), name=name, daemon=True
            )
            self._thread.start()

    def prepare(self, codes: npt.NDArray[Any]) -> None:
        """Have the tables now: map them, or build and keep them; nothing if they are there."""
        self._have(codes, -1.0, whole=True)

    def verify(self, n: int) -> None:
        """Compare what is in the folder with its checksums; damaged tables are deleted."""
        if self._folder is not None and self._folder.find(n) is not None:
            self._folder.load(n, self.threads, verify=True)

    def close(self) -> None:
        """Give up building, and wait until that has ended; the tables that are there stay."""
        self._ended = True
        thread = self._thread
        if thread is not None:
            thread.join()

    def wait(self) -> None:
        """Wait until the tables that are being built are there."""
        thread = self._thread
        if thread is not None:
            thread.join()

    @staticmethod
    def is_stale(rows: int, n: int) -> bool:
        """Whether tables of so many rows should be built anew for n."""
        return n - rows > n // STALE_SHARE

    def _scan_seconds(self, n: int, queries: int) -> float:
        batch = queries >= BATCH
        return queries * TYPICAL.scan(n, words_for(self.bits), batch=batch)

    def _price(self, n: int) -> float:
        """Seconds that having tables of n rows costs."""
        loading = _MAP_SECONDS if _KERNELS in sys.modules else _LOAD_SECONDS
        if self.tables is None and self._folder is not None:
            rows = self._folder.rows(n)
            if rows is not None and 2 * rows > n:
                return loading
        return loading + n * tables_of(n, self.bits, self.radius) * _BUILD_SECONDS

    def _beside(self, codes: npt.NDArray[Any]) -> None:
        try:
            self._try(codes, 0.0)
        finally:
            self._thread = None

    def _try(self, codes: npt.NDArray[Any], patience: float) -> None:
        """Have tables if that is possible: a question that can do without them must not fail."""
        try:
            self._have(codes, patience, whole=False)
        except Exception:
            _log.warning("tables for searching can't be built", exc_info=True)

    def _have(self, codes: npt.NDArray[Any], patience: float, *, whole: bool) -> None:
        """Map or build tables.

        Args:
            codes: all there are.
            patience: seconds to wait for another process that builds; for ever if negative.
            whole: whether tables that were found, and lack many rows, won't do for now.
        """
        with self._turn:
            known = self.tables
            if self._ended or self._will_do(codes):
                return
            if self._folder is None:
                self._build(codes)
                return
            self._map(codes)
            if self._will_do(codes) or (known is None and self.tables is not None and not whole):
                return
            import filelock

            known = self.tables
            try:
                with self._folder.lock(patience):
                    self._map(codes)  # what another process has built meanwhile
                    if not self._will_do(codes):
                        self._build(codes)
                        self._keep(codes)
            except filelock.Timeout:
                return  # another process builds them
            except OSError as error:
                _log.warning("tables for searching stay in memory: %s", error)
                if self.tables is known:
                    self._build(codes)

    def _will_do(self, codes: npt.NDArray[Any]) -> bool:
        return self.tables is not None and not self.is_stale(len(self.tables), len(codes))

    def _map(self, codes: npt.NDArray[Any]) -> None:
        """Map tables from the folder, if better ones than those at hand are there."""
        if self._folder is None:
            return
        found = self._folder.load(len(codes), self.threads)
        if found is None:
            return
        if found.bits != self.bits or not found.holds(*_sampled(codes, len(found))):
            path = self._folder.find(len(codes))
            _log.warning("tables for searching hold other codes and are built anew: %s", path)
            if path is not None:
                self._folder.drop(path)
        elif self.tables is None or len(found) > len(self.tables):
            self.tables = found

    def _build(self, codes: npt.NDArray[Any]) -> None:
        from lookalike.indexes.multihash import MultiHash

        needed, memory = table_bytes(len(codes), self.bits, self.radius), _memory()
        if memory is not None and needed > memory // _MEMORY_SHARE:
            _log.info("no tables for searching: they take %d bytes of memory", needed)
            return
        started = time.perf_counter()
        r, t = self.radius, self.threads
        try:
            self.tables = MultiHash(codes, self.bits, radius=r, threads=t, stop=self._stop)
        except _Stopped:
            return
        seconds = time.perf_counter() - started
        _log.info("built tables for %d codes in %.1f s", len(codes), seconds)

    def _keep(self, codes: npt.NDArray[Any]) -> None:
        """Write the tables, and go on with those files: the system may drop their pages."""
        built = self.tables
        if built is None or self._folder is None or len(built) != len(codes):
            return
        self._folder.keep(built)
        mapped = self._folder.load(len(codes), self.threads)
        if mapped is not None and len(mapped) == len(built):
            self.tables = mapped

    def _stop(self) -> None:
        if self._ended:
            raise _Stopped


def _sampled(codes: npt.NDArray[Any], rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Some of the first rows and their codes."""
    some = np.unique(np.linspace(0, max(0, rows - 1), min(rows, _SAMPLED)).astype(np.int64))
    return some, np.ascontiguousarray(codes[some])


def _memory() -> int | None:
    """Bytes of the machine's memory, where the system says."""
    try:
        pages: int = os.sysconf("SC_PHYS_PAGES")
        size: int = os.sysconf("SC_PAGE_SIZE")
        return pages * size
    except (AttributeError, ValueError, OSError):
        return None


_alive: weakref.WeakSet[TableKeeper] = weakref.WeakSet()


@atexit.register
def _end() -> None:
    """Let no kernel run into the end of the interpreter."""
    for keeper in list(_alive):
        keeper.close()
