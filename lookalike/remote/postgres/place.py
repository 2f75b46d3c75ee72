"""From an address ``postgresql://...`` to the library there."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from lookalike.errors import MissingExtraError
from lookalike.library.engine import Engine
from lookalike.library.store import Store
from lookalike.remote.addresses import Address
from lookalike.system.installing import install_command

if TYPE_CHECKING:
    from lookalike.remote.postgres.connecting import Connection

__all__ = ["PostgresPlace", "place"]

T = TypeVar("T")

PORT = 5432
OPENING = 5.0
"""Seconds for which a server is waited for that isn't there at the first word."""


UNASKED = 0.1
"""Seconds for which a searcher doesn't ask again whether anything is new."""


def place(text: str) -> PostgresPlace:
    """The place that an address names; nothing is connected yet."""
    return PostgresPlace(Address.parse(text))


class PostgresPlace:
    """A schema of a database; the :class:`~lookalike.library.away.Place` of an address."""

    def __init__(self, address: Address) -> None:
        self._address = address

    @property
    def location(self) -> str:
        """See :class:`~lookalike.library.away.Place`, as for all that follow."""
        return self._address.shown

    @property
    def digest(self) -> str:
        options = self._address.options
        return self._address.digest(PORT, options.get("host", ""), options.get("port", ""))

    def exists(self) -> bool:
        _check_extra()
        from lookalike.remote.postgres.migrating import is_there

        return self._connected(lambda connection: is_there(connection, self._address))

    def open(self, *, create: bool, read_only: bool) -> tuple[Store, Engine]:
        _check_extra()
        from lookalike.library.mapped_engine import MappedEngine
        from lookalike.library.opening import cache_of
        from lookalike.remote.postgres.store import PostgresStore
        from lookalike.remote.waiting import patiently

        store = patiently(
            self.location,
            lambda: PostgresStore(self._address, create=create, read_only=read_only),
            seconds=OPENING,
        )
        folder = cache_of(self.location)
        if folder is None:
            raise RuntimeError("an address has a folder")
        return store, MappedEngine(store, folder, unasked=UNASKED)

    def delete(self) -> None:
        _check_extra()
        from lookalike.remote.postgres.database import RUNS
        from lookalike.remote.postgres.migrating import drop

        self._connected(lambda connection: drop(connection, self._address, RUNS))

    def _connected(self, work: Callable[[Connection], T]) -> T:
        from lookalike.remote.postgres.connecting import connect
        from lookalike.remote.postgres.errors import translated
        from lookalike.remote.waiting import patiently

        def once() -> T:
            with translated(self.location), connect(self._address) as connection:
                return work(connection)

        return patiently(self.location, once, seconds=OPENING)


def _check_extra() -> None:
    if find_spec("psycopg") is None:
        raise MissingExtraError(
            f"postgresql:// takes the package psycopg: {install_command('remote')}"
        )
