"""Files that hold pictures: what a tar or a Parquet file has, without unpacking any of it."""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from lookalike.images.reasons import one_line, os_reason
from lookalike.sources.naming import is_address
from lookalike.sources.reading_at import At, Blocks, Local
from lookalike.sources.stores import Entry, StoreError, store_of
from lookalike.system.times import kept

__all__ = ["Archive", "ArchiveError", "Member", "archive_entry", "opened"]

_OPEN = 4  # archives, at most; of one in a store some 24 MB are kept


class ArchiveError(Exception):
    """An archive that is damaged, or of a kind that isn't read.

    Args:
        reason: one line, without the path.
    """


class Member(NamedTuple):
    """A picture file in an archive, or something there that is none.

    Attributes:
        name: in the archive, with slashes; not empty, and leading nowhere else.
        size: in bytes.
        refused: why it can't be taken up; empty for a picture.
    """

    name: str
    size: int
    refused: str = ""


class Archive(Protocol):
    """An archive that is open; any number of threads may read."""

    def members(self) -> Iterator[Member]:
        """Its pictures, in its order.

        Raises:
            ArchiveError, OSError, StoreError: it can't be read, from here on.
        """

    def read(self, name: str) -> bytes:
        """A member.

        Raises:
            ArchiveError, OSError, StoreError: it isn't there, or can't be read.
        """

    def close(self) -> None:
        """Let go of it."""


_lock = threading.Lock()
_opened: OrderedDict[Entry, Archive] = OrderedDict()


def archive_entry(path: str) -> Entry:
    """An archive as it is now.

    Args:
        path: of it.

    Raises:
        StoreError: it isn't there, or can't be asked for.
        MissingExtraError: what speaks with its store isn't installed.
    """
    if is_address(path):
        return store_of(path).entry(path)
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        gone = isinstance(error, FileNotFoundError | NotADirectoryError)
        reason = os_reason(error) if isinstance(error, OSError) else str(error)
        raise StoreError("is not there" if gone else reason, is_gone=gone) from error
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("is no file")
    return Entry(path, status.st_size, kept(status.st_mtime_ns))


def opened(entry: Entry) -> Archive:
    """An archive, open; some of those that were asked for stay so.

    Raises:
        ArchiveError: it is of a kind that isn't read.
        OSError, StoreError: it can't be read.
        MissingExtraError: what reads it isn't installed.
    """
    with _lock:
        if entry not in _opened:
            _opened[entry] = _open(entry)
            for old in [e for e in _opened if e.path == entry.path and e != entry]:
                _opened.pop(old).close()
            while len(_opened) > _OPEN:
                _opened.popitem(last=False)[1].close()
        _opened.move_to_end(entry)
        return _opened[entry]


def _open(entry: Entry) -> Archive:
    file: At
    file = Blocks(store_of(entry.path), entry) if is_address(entry.path) else Local(entry.path)
    kind: Callable[[At], Archive]
    if entry.path.lower().endswith(".tar"):
        from lookalike.sources.tars import Tar as kind  # noqa: N813 - one of two kinds
    else:
        from lookalike.sources.parquet import Parquet as kind  # noqa: N813
    try:
        return kind(file)
    except BaseException:
        file.close()
        raise


def reason_of(error: Exception) -> str:
    """What to say of an error of an archive, in one line."""
    return os_reason(error) if isinstance(error, OSError) else one_line(str(error))
