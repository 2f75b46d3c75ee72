"""Tables of multi-index hashing in a folder beside the codes that they were made from.

A set of tables is a folder named for the stamp of the codes and for how many of their rows are in
it, so that whoever finds it knows what it is good for. The folder is for tables alone, and for one
set of codes: when new ones are kept, older ones are deleted. A process that has those mapped goes
on with them.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import LookalikeError
from lookalike.system.locks import locked

if TYPE_CHECKING:
    from lookalike.indexes.multihash import MultiHash

__all__ = ["TableFolder"]

_log = logging.getLogger(__name__)

_PREFIX = "tables-"
_LOCK = "lock"
_ROOM = 2  # times the bytes of new tables that have to be free on the disk


class TableFolder:
    """Where the tables of some codes are kept.

    Args:
        folder: of them; made when it is first written.
        stamp: changes whenever codes change, other than by further rows behind the others.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self._folder = folder
        self._name = f"{_PREFIX}{hashlib.sha256(stamp.encode()).hexdigest()[:16]}-"

    def find(self, most: int) -> Path | None:
        """The tables with most rows, of at most so many rows."""
        best: tuple[int, Path] | None = None
        for path, rows in self._own():
            if rows <= most and (best is None or rows > best[0]):
                best = rows, path
        return None if best is None else best[1]

    def rows(self, most: int) -> int | None:
        """How many rows those have."""
        return max((rows for _, rows in self._own() if rows <= most), default=None)

    def nbytes(self, most: int) -> int:
        """Bytes of those tables on disk, 0 if there are none."""
        path = self.find(most)
        if path is None:
            return 0
        try:
            return sum(file.stat().st_size for file in path.iterdir())
        except OSError:  # deleted by another process just now
            return 0

    def load(self, most: int, threads: int, *, verify: bool = False) -> MultiHash | None:
        """Map the tables with most rows; damaged ones are deleted."""
        from lookalike.indexes.multihash import MultiHash

        while (path := self.find(most)) is not None:
            try:
                return MultiHash.load(path, threads=threads, verify=verify)
            except (LookalikeError, OSError, KeyError) as error:
                _log.warning("tables for searching are built anew: %s", error)
                if not self.drop(path):
                    return None
        return None

    def drop(self, path: Path) -> bool:
        """Delete tables; whether they are gone."""
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()

    @contextmanager
    def lock(self, seconds: float) -> Iterator[None]:
        """Build tables alone among processes.

        Args:
            seconds: to wait for another one; for ever if negative.

        Raises:
            filelock.Timeout: another process has been building for so long.
            OSError: the folder can't be written to.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder / _LOCK, seconds=seconds):
            yield

    def keep(self, index: MultiHash) -> None:
        """Write tables, and delete all others.

        Raises:
            OSError: the folder can't be written to, or its disk has too little room.
        """
        free = shutil.disk_usage(self._folder).free
        if free < _ROOM * index.nbytes:
            raise OSError(f"{index.nbytes:,} bytes are to be written and {free:,} are free")
        path = self._folder / f"{self._name}{len(index)}"
        index.save(path)
        for other in self._folder.glob(f"{_PREFIX}*"):
            if other != path:
                self.drop(other)

    def _own(self) -> Iterator[tuple[Path, int]]:
        try:
            paths = list(self._folder.iterdir())
        except OSError:
            return
        for path in paths:
            rows = path.name.removeprefix(self._name)
            if path.name.startswith(self._name) and rows.isdecimal():
                yield path, int(rows)
