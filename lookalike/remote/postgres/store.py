"""What a library knows, in the tables of a schema in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from lookalike.errors import LibraryAwayError, LibraryNotFoundError, LibraryReadOnlyError
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.checking_codes import check_codes
from lookalike.library.sql.store import SqlStore
from lookalike.library.store import Capabilities
from lookalike.remote.addresses import Address
from lookalike.remote.postgres.connecting import connect, schema_of
from lookalike.remote.postgres.database import PostgresDatabase
from lookalike.remote.postgres.errors import translated
from lookalike.remote.postgres.migrating import make_ready, may_write
from lookalike.remote.postgres.schema import MIGRATIONS

__all__ = ["PostgresStore"]

Method = TypeVar("Method", bound=Callable[..., Any])


class PostgresStore(SqlStore):
    """The :class:`~lookalike.library.store.Store` of a schema; many machines may have it open.

    Args:
        address: of the library.
        create: make it where it is missing.
        read_only: never write; assumed of a server, or a user, that can't.

    Raises:
        LibraryError: as :mod:`lookalike.remote.postgres.connecting` and ``migrating`` say.
    """

    capabilities = Capabilities(
        durable=True, transactions=True, processes=True, read_only=True, fillers=True
    )

    _database: PostgresDatabase
    _LISTED = "SELECT json_array_elements_text(CAST(? AS json))"

    def __init__(self, address: Address, *, create: bool = True, read_only: bool = False) -> None:
        with translated(address.shown):
            connection = connect(address)
            try:
                make_ready(connection, address, create=create, read_only=read_only)
                read_only = read_only or not may_write(connection, address)
            finally:
                connection.close()
        super().__init__(PostgresDatabase(address, read_only=read_only))
        self.address = address
        self._settled = time.monotonic()

    @property
    def location(self) -> str:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        return self.address.shown

    @property
    def version(self) -> int:
        return len(MIGRATIONS)

    @property
    def read_only(self) -> bool:
        return self._database.read_only

    @property
    def settled(self) -> float:
        return self._settled

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._check_writable()
        with self._database.writing():
            yield

    @contextmanager
    def run(self, *, shared: bool = False) -> Iterator[None]:
        self._check_writable()
        with self._database.running(shared=shared):
            yield

    def settle(self) -> None:
        """All that was committed is in its final form already."""
        self._database.check_open()
        self._settled = time.monotonic()

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        self._database.check_open()
        return check_codes(self, progress)

    def identity(self) -> object:
        try:
            return self.stamp().uuid
        except KeyError as error:
            raise LibraryNotFoundError(
                f"there is no library at {self.location}: make one with 'lookalike index FOLDER'"
            ) from error

    def touched(self, generation: int) -> npt.NDArray[np.int64]:
        """See :class:`~lookalike.library.arrays.TellsChanges`, as for the next."""
        rows = self._database.fetch(
            "SELECT content FROM touched WHERE generation > ? ORDER BY content", [generation]
        )
        return np.array([row[0] for row in rows], np.int64)

    def shown(self, contents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        sql = "SELECT DISTINCT content FROM pictures WHERE present = 1 AND content IN ({keys})"
        rows = self._database.fetch_for(sql, contents.tolist())
        return np.fromiter((row[0] for row in rows), np.int64)

    def _bytes(self) -> int:
        return self._database.number(
            "SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0) FROM pg_class"
            " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname = ? AND relkind = 'r'",
            [schema_of(self.address)],
        )

    def _check_writable(self) -> None:
        self._database.check_open()
        if self.read_only:
            raise LibraryReadOnlyError(
                f"{self.location} can only be read: it was opened so, its server is a copy of"
                " another, or the user has no right to write; ask whoever runs the server"
            )


def _repeated(method: Method) -> Method:
    """A method that is called again where the server went away in the middle of it.

    But not where it is part of a group of writes, or of a run: those are repeated as a whole.
    """

    @wraps(method)
    def call(self: PostgresStore, *args: object, **named: object) -> object:
        while True:
            try:
                return method(self, *args, **named)
            except LibraryAwayError:
                if not self._database.repeats:
                    raise
                self.stamp()  # which waits until it is back

    return cast(Method, call)


# Those that make several statements, or read portion by portion, and give their answer whole.
for _name in (
    "put_setting",
    "put_folder",
    "drop_folder",
    "put_encoder",
    "put_pairs",
    "put_looks",
    "drop_looks",
    "put_rejections",
    "drop_rejections",
    "put_settlements",
    "drop_settlements",
    "put_pixel_digests",
    "put_changes",
    "matching",
    "ordered",
    "directories",
):
    setattr(PostgresStore, _name, _repeated(getattr(PostgresStore, _name)))
