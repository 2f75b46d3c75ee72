"""What all parts of a library in Milvus stand on: the connection, and who writes when."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from lookalike.errors import LibraryNotFoundError, LibraryReadOnlyError
from lookalike.library.closing import closed
from lookalike.library.records import Stamp
from lookalike.remote.milvus.books import Book, Record, hashed
from lookalike.remote.milvus.connection import Connection, Row
from lookalike.remote.milvus.forms import BASE, Forms, vectors
from lookalike.remote.milvus.place import MilvusPlace

__all__ = ["Base"]

_BEGINNING: Final = 1_577_836_800_000_000  # 2020, in microseconds since 1970
_LANES: Final = 2_048
_DAY: Final = 86_400


class Base:
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`.

    Writers share no counter: each counts its own changes, and the state of the library is the
    sum. Ids of files and pictures are microseconds and a lane that a writer has to itself, so that
    they ascend with time and are given out once.

    Args:
        place: where it is.
        create: make it where it is missing.
        read_only: never write.
    """

    def __init__(self, place: MilvusPlace, *, create: bool, read_only: bool) -> None:
        self._place = place
        self.read_only = read_only
        self._connection = Connection(place)
        self._forms = Forms(self._connection, place.name)
        try:
            self.server_version = self._forms.check_server()
            if not self._forms.exists():
                if read_only or not create:
                    raise LibraryNotFoundError(
                        f"there is no library {place.location}: see 'lookalike index'"
                    )
                self._forms.make()
            elif create and not read_only:
                self._forms.make()  # a process that was killed may have made some of it
            else:
                self._forms.open()
            self._uuid = hashed(self._forms.identity())[:32]
        except BaseException:
            self._connection.close()
            raise
        self._writer = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._depth = 0
        self._changes = [0, 0]  # of this process: epoch, generation
        self._told = (0, 0)  # what the server knows of them
        self._lane: int | None = None
        self._last_ticket = 0

    @property
    def location(self) -> str:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        return self._place.location

    @property
    def place(self) -> MilvusPlace:
        """Server and name."""
        return self._place

    def collections(self) -> list[str]:
        """What there is of the library, by what it holds."""
        return self._forms.all()

    @property
    def connection(self) -> Connection:
        """To the server."""
        return self._connection

    def close(self) -> None:
        self._connection.close()

    def identity(self) -> object:
        return self._uuid

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._lock:
            if self._connection.closed:
                raise closed(self.location)
            if self.read_only:
                raise LibraryReadOnlyError(f"{self.location} was opened for reading only")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._flush()
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._tell()

    def _flush(self) -> None:
        """Write what was held back until a group of writes ends."""

    # Changes

    def _touch(self, *, epoch: bool = False) -> None:
        """Note that a search could notice what was written; ``epoch`` if it is no addition."""
        self._changes[1] += 1
        self._changes[0] += epoch

    def _tell(self) -> None:
        """Let others know of changes; after what was changed."""
        told = self._changes[0], self._changes[1]
        if told != self._told and not self._connection.closed:
            value = [*told, int(time.time())]
            self._book("meta", "stamp").put({self._writer: Record(value)})
            self._told = told

    def stamp(self) -> Stamp:
        with self._lock:
            epoch, generation = self._changes
        for writer, value in self._book("meta", "stamp").all():
            if writer != self._writer:
                epoch, generation = epoch + value[0], generation + value[1]
        return Stamp(self._uuid, epoch, generation)

    def _fold_stamps(self) -> None:
        """Count what writers of long ago changed in one record."""
        now, book = int(time.time()), self._book("meta", "stamp")
        old = {w: v for w, v in book.all() if w != self._writer and now - v[2] > _DAY}
        if len(old) < 2:
            return
        # The sum is there before its parts are gone: the state never goes back.
        sums = [sum(v[0] for v in old.values()) + 1, sum(v[1] for v in old.values()) + 1]
        book.put({f"sum-{self._writer}": Record([*sums, now])})
        book.drop(list(old))

    # Rows

    def _of(self, what: str) -> str:
        return self._forms.collection(what)

    def _book(self, what: str, kind: str) -> Book:
        return Book(self._connection, self._of(what), kind)

    def _put(self, what: str, rows: Iterable[Row]) -> None:
        form = BASE[what]
        self._connection.upsert(self._of(what), form.key, vectors(form, list(rows)))

    # Ids of files and pictures

    def _tickets(self, count: int) -> list[int]:
        """Ids that were never given out, ascending, all above those that this process gave out."""
        lane = self._claimed_lane()
        with self._lock:
            first = max(time.time_ns() // 1_000 - _BEGINNING, self._last_ticket + 1)
            self._last_ticket = first + count - 1
        return [(first + n) * _LANES + lane for n in range(count)]

    def _claimed_lane(self) -> int:
        """A number that no other writer has; whoever sees another one on it takes another."""
        with self._lock:
            book = self._book("meta", "lane")
            while self._lane is None:
                taken = {value[0] for _, value in book.all()}
                free = [n for n in range(_LANES) if n not in taken] or list(range(_LANES))
                lane = free[int.from_bytes(os.urandom(4), "big") % len(free)]
                book.put({self._writer: Record([lane, int(time.time())])})
                mine = [w for w, value in book.all() if value[0] == lane]
                if mine == [self._writer]:
                    self._lane = lane
                else:
                    book.drop([self._writer])
            return self._lane

    def _leave_lane(self) -> None:
        """Give the lane back, and those of long ago."""
        if self._lane is None:
            return
        book, now = self._book("meta", "lane"), int(time.time())
        old = [w for w, value in book.all() if now - value[1] > 30 * _DAY]
        book.drop([self._writer, *old])
        self._lane = None
