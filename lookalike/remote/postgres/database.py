"""The tables of one library on a server: its connections, transactions, and what is waited out.

Reads go over as many connections as threads ask at once; writes over one, which also holds the
locks of this process. A server that goes away is waited for: a read is asked again, and so is a
write that is no part of a group. What was to be kept together, or belongs to a run, is repeated by
whoever knows all of it; it gets a :class:`~lookalike.errors.LibraryAwayError`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

import psycopg

from lookalike.errors import LibraryAwayError, LibraryLockedError
from lookalike.library.closing import closed
from lookalike.remote.addresses import Address
from lookalike.remote.postgres.connecting import Connection, connect
from lookalike.remote.postgres.errors import translated
from lookalike.remote.waiting import patiently

__all__ = ["PostgresDatabase"]

T = TypeVar("T")

# Of advisory locks, beside the number of the schema.
WRITES, RUNS = 0x4C6B01, 0x4C6B02

_IDLE = 8  # connections that are kept for later
_AT_ONCE = 10_000  # keys of one question


class PostgresDatabase:
    """Tables in one schema.

    Args:
        address: of the library.
        read_only: never write.
    """

    def __init__(self, address: Address, *, read_only: bool) -> None:
        self.address, self.read_only = address, read_only
        self.location = address.shown
        self._idle: list[Connection] = []
        self._pool = threading.Lock()
        self._lock = threading.RLock()  # of the one that writes
        self._writer: Connection | None = None
        self._depth = 0  # of nested writing(), which are one transaction
        self._owner: int | None = None  # the thread that is in one
        self._running = False
        self._names = count(1)
        self._closed = False
        self._number: int | None = None

    def close(self) -> None:
        """Close all connections; what was committed is kept."""
        with self._lock, self._pool:
            self._closed = True
            for connection in (*self._idle, *([self._writer] if self._writer else [])):
                connection.close()
            self._idle, self._writer = [], None

    def check_open(self) -> None:
        """Raise LibraryClosedError after :meth:`close`."""
        if self._closed:
            raise closed(self.location)

    @property
    def repeats(self) -> bool:
        """Whether a write by itself may be repeated: it is no part of a group, and of no run."""
        return not self._running and not self._is_mine

    @property
    def _is_mine(self) -> bool:
        return self._owner == threading.get_ident()

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See :class:`~lookalike.library.sql.database.Database`, as for all that follow.

        Transactions that write come one after the other, on all machines: ids and generations grow
        in the order in which others see them.
        """
        with self._lock:
            if self._depth:
                yield
                return
            with translated(self.location):
                writer = self._begun()
                self._depth, self._owner = 1, threading.get_ident()
                try:
                    yield
                    writer.execute("COMMIT")
                except BaseException:
                    with suppress(psycopg.Error):
                        writer.execute("ROLLBACK")
                    raise
                finally:
                    self._depth, self._owner = 0, None

    def _begun(self) -> Connection:
        """The connection that writes, in a transaction of its own.

        Nothing was done yet, so that a connection which was lost meanwhile is made anew; but not in
        a run, whose lock went with it.
        """

        def begin() -> Connection:
            writer = self._writing_connection()
            try:
                writer.execute("BEGIN")
                writer.execute(
                    "SELECT pg_advisory_xact_lock(%s::int, %s::int)", [WRITES, self._schema()]
                )
            except psycopg.OperationalError:
                if writer.broken or writer.closed:
                    self._writer = None
                else:
                    writer.execute("ROLLBACK")
                raise
            return writer

        return begin() if self._running else self._patiently(begin)

    def _writing_connection(self) -> Connection:
        self.check_open()
        if self._writer is not None and self._writer.closed:
            self._writer = None
            if self._running:
                raise LibraryAwayError(f"the server of {self.location} went away in a run")
        if self._writer is None:
            self._writer = connect(self.address, writes=True)
        return self._writer

    @contextmanager
    def running(self, *, shared: bool = False) -> Iterator[None]:
        """Be the only one who holds the lock of runs; it ends with the connection, however it ends.

        Args:
            shared: hold it beside others who share it.

        Raises:
            LibraryLockedError: somebody else has it.
            LibraryAwayError: at the end, if it was lost meanwhile.
        """
        locked = LibraryLockedError(
            f"another process is writing to {self.location}: wait until it ends (searching goes on)"
        )
        how = "_shared" if shared else ""
        with self._lock, translated(self.location):
            if self._running:
                raise locked

            def take() -> bool:
                try:
                    (row,) = self._writing_connection().execute(
                        f"SELECT pg_try_advisory_lock{how}(%s::int, %s::int)",
                        [RUNS, self._schema()],
                    )
                except psycopg.OperationalError:
                    self._writer = None
                    raise
                return bool(row[0])

            if not self._patiently(take):
                raise locked
            self._running = True
        try:
            yield
        except BaseException:
            with suppress(psycopg.Error, LibraryAwayError):
                self._unlock(how)
            raise
        else:
            with translated(self.location):
                self._unlock(how)

    def _unlock(self, how: str) -> None:
        with self._lock:
            try:
                self._writing_connection().execute(
                    f"SELECT pg_advisory_unlock{how}(%s::int, %s::int)", [RUNS, self._schema()]
                )
            finally:
                self._running = False

    def _schema(self) -> int:
        """The number of the schema, which no two of a database share."""
        if self._number is None:
            sql = "SELECT oid::bigint % 2147483647 FROM pg_namespace WHERE nspname = current_schema"
            (row,) = self._writing_connection().execute(sql)
            self._number = int(str(row[0]))
        return self._number

    # Reading

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection to read by: in a transaction that of it, else one that is idle."""
        self.check_open()
        if self._is_mine and self._writer is not None:
            yield self._writer
            return
        with self._pool:
            connection = self._idle.pop() if self._idle else None
        connection = connection or connect(self.address)
        try:
            yield connection
        except psycopg.Error:
            # Others that are idle are likely to be as dead.
            if connection.closed:
                with self._pool:
                    dead, self._idle = self._idle, []
                for other in dead:
                    other.close()
            raise
        finally:
            if not connection.closed:
                idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
                with self._pool:
                    if idle and not self._closed and len(self._idle) < _IDLE:
                        self._idle.append(connection)
                    else:
                        connection.close()

    def _asked(self, ask: Callable[[Connection], T]) -> T:
        """An answer; the question is repeated if the server was away, but not in a transaction."""

        def once() -> T:
            with self._reading() as connection:
                return ask(connection)

        with translated(self.location):
            return once() if self._is_mine else self._patiently(once)

    def _patiently(self, work: Callable[[], T]) -> T:
        def told() -> T:
            with translated(self.location):
                return work()

        return patiently(self.location, told)

    def fetch(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return self._asked(
            lambda connection: connection.execute(_marked(sql), values, binary=True).fetchall()
        )

    def number(self, sql: str, values: Sequence[object] = ()) -> int:
        return int(self.fetch(sql, values)[0][0])

    def execute(self, sql: str, values: Sequence[object] = ()) -> object:
        self.check_open()
        if not self._is_mine or self._writer is None:
            raise RuntimeError("nothing is written outside of a transaction")
        with translated(self.location):
            return self._writer.execute(_marked(sql), values)

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self.check_open()
        if not self._is_mine or self._writer is None:
            raise RuntimeError("nothing is written outside of a transaction")
        with translated(self.location), self._writer.cursor() as cursor:
            cursor.executemany(_marked(sql), rows)

    def stream(self, sql: str, values: Sequence[object] = (), size: int = 10_000) -> Iterator[Any]:
        with translated(self.location), self._reading() as connection:
            alone = not self._is_mine
            if alone:
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                name = f"rows_{next(self._names)}"
                with connection.cursor(name=name, binary=True) as cursor:
                    cursor.execute(_marked(sql), values)
                    while portion := cursor.fetchmany(size):
                        yield from portion
            finally:
                if alone:
                    with suppress(psycopg.Error):
                        connection.execute("ROLLBACK")

    def fetch_for(
        self, sql: str, keys: Sequence[object], values: Sequence[object] = ()
    ) -> Iterator[Any]:
        asked = sql.replace("IN ({keys})", "= ANY(?)")
        for start in range(0, len(keys), _AT_ONCE):
            some = list(keys[start : start + _AT_ONCE])
            yield from self.fetch(asked, [*values, some])


@lru_cache(maxsize=512)
def _marked(sql: str) -> str:
    """SQL with psycopg's marks for values; no text of lookalike's SQL holds either sign."""
    return sql.replace("?", "%s")
