"""Bytes of one file by their place in it: on this machine, or in an object store."""

from __future__ import annotations

import io
import os
import threading
from collections import OrderedDict
from typing import Any, Protocol

from lookalike.sources.stores import Entry, ObjectStore

__all__ = ["At", "Blocks", "Local", "Stream"]

_BLOCK = 4_000_000
_BLOCKS = 6  # that are kept of one file


class At(Protocol):
    """A file that doesn't change while it is read; any number of threads may ask."""

    @property
    def size(self) -> int:
        """In bytes."""

    def read_at(self, begin: int, count: int) -> bytes:
        """So many bytes from a place on; fewer at the end.

        Raises:
            OSError, StoreError: they can't be read.
        """

    def close(self) -> None:
        """Let go of it."""


class Local:
    """A file of this machine; it is open only while it is read, so that it can be replaced.

    Args:
        path: of it.

    Raises:
        OSError: it can't be asked for.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        status = os.stat(path)
        self._state = status.st_size, status.st_mtime_ns
        self.size = status.st_size

    def read_at(self, begin: int, count: int) -> bytes:
        """See :class:`At`, as for what follows."""
        with open(self._path, "rb") as file:
            status = os.fstat(file.fileno())
            if (status.st_size, status.st_mtime_ns) != self._state:
                raise OSError("it changed while it was read: the next run reads it anew")
            file.seek(begin)
            return file.read(count)

    def close(self) -> None:
        """Nothing is open."""


class Blocks:
    """A file in an object store, fetched in blocks; the last ones are kept.

    So what is read in its order, though bit by bit, is fetched once.

    Args:
        store: that has it.
        entry: which.
    """

    def __init__(self, store: ObjectStore, entry: Entry) -> None:
        self._store, self._entry = store, entry
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.size = entry.size

    def read_at(self, begin: int, count: int) -> bytes:
        """See :class:`At`, as for what follows."""
        end = min(begin + count, self.size)
        if end <= begin:
            return b""
        if end - begin > _BLOCKS * _BLOCK // 2:
            return self._store.read(self._entry, begin, end)
        pieces = []
        for number in range(begin // _BLOCK, (end - 1) // _BLOCK + 1):
            block, at = self._block(number), number * _BLOCK
            pieces.append(block[max(begin - at, 0) : end - at])
        return b"".join(pieces)

    def _block(self, number: int) -> bytes:
        with self._lock:
            if number not in self._kept:
                begin = number * _BLOCK
                end = min(begin + _BLOCK, self.size)
                self._kept[number] = self._store.read(self._entry, begin, end)
                if len(self._kept) > _BLOCKS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(number)
            return self._kept[number]

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._kept.clear()


class Stream(io.RawIOBase):
    """Such a file as Python's other modules read one.

    Args:
        file: to read.
        most: bytes of one read; more is an error, since what asks for it was led astray.
    """

    def __init__(self, file: At, most: int | None = None) -> None:
        self._at, self._most, self._place = file, most, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """As of every file."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._at.size}[whence]
        self._place = max(base + place, 0)
        return self._place

    def tell(self) -> int:
        """As of every file."""
        return self._place

    def read(self, count: int | None = -1) -> bytes:
        """As of every file, but that it gives all that is asked for and there."""
        rest = max(self._at.size - self._place, 0)
        count = rest if count is None or count < 0 else min(count, rest)
        if self._most is not None and count > self._most:
            raise OSError(f"{count:,} bytes at once: more than {self._most:,}")
        data = self._at.read_at(self._place, count)
        self._place += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """As of every file."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
