"""What a library knows, in one SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lookalike.errors import LibraryError, LibraryNotFoundError, LibraryReadOnlyError
from lookalike.library.checking import OnCheck, Problem
from lookalike.library.local import schema
from lookalike.library.local.connection import why_read_only, writer_lock
from lookalike.library.local.database import Database
from lookalike.library.sql.store import SqlStore
from lookalike.library.store import Capabilities

__all__ = ["LocalStore"]


class LocalStore(SqlStore):
    """The :class:`~lookalike.library.store.Store` of a file; several processes may have it open.

    Args:
        path: of the file, absolute.
        create: make it where it is missing.
        read_only: never write; assumed where the disk can't be written to.

    Raises:
        LibraryError: of the kinds that :func:`lookalike.library.local.connection.connect` lists.
    """

    capabilities = Capabilities(durable=True, transactions=True, processes=True, read_only=True)

    _database: Database

    # Few contents have a loss, and few codes have views: SQLite is told where to begin.
    _IN_ORDER = "CROSS JOIN"
    _VIEWS = (
        "SELECT content, views FROM codes INDEXED BY codes_with_views"
        " WHERE encoder = ? AND views > x'' ORDER BY content"
    )

    def __init__(self, path: Path, *, create: bool = True, read_only: bool = False) -> None:
        super().__init__(Database(path, create=create, read_only=read_only))
        self.path = path
        self._opened = self.identity()

    @property
    def location(self) -> str:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        return str(self.path)

    @property
    def version(self) -> int:
        return len(schema.MIGRATIONS)

    @property
    def read_only(self) -> bool:
        return self._database.read_only

    @property
    def settled(self) -> float:
        """When this process last settled what it had written, by ``time.monotonic()``."""
        return self._database.merged

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def run(self, *, shared: bool = False) -> Iterator[None]:
        if self.read_only:
            raise LibraryReadOnlyError(why_read_only(self.path))
        self._check_kept()
        self._check_alone()
        with writer_lock(self.path):
            yield
            self._check_kept()

    def _check_alone(self) -> None:
        """Refuse a file of several names: SQLite would keep a log beside each, and damage it."""
        names = self.path.stat().st_nlink
        if names > 1:
            raise LibraryError(
                f"{self.path} has {names} names (hard links), and changing it by one of them can"
                " damage it: copy it, and put the copy in its place"
            )

    def _check_kept(self) -> None:
        """Make sure that what was written can be found again."""
        try:
            kept = self.identity() == self._opened
        except LibraryNotFoundError:
            kept = False
        if not kept:
            raise LibraryNotFoundError(
                f"{self.path} was deleted or moved away while it was written to: what this run did"
                " went with it; run again"
            )

    def settle(self) -> None:
        self._database.merge()

    def _bytes(self) -> int:
        return self.path.stat().st_size

    def check(self, progress: OnCheck | None = None) -> Iterator[Problem]:
        self.stamp()  # says if it is closed
        # Here, not above: a search needs none of it.
        from lookalike.library.local.checking import check_file

        return check_file(self.path, progress)

    def identity(self) -> object:
        try:
            status = self.path.stat()
        except OSError as error:
            raise LibraryNotFoundError(
                f"there is no library at {self.path}: make one with 'lookalike index FOLDER'"
            ) from error
        return status.st_dev, status.st_ino
