"""A file as it is at this moment: its bytes and its identity."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import Self

from lookalike.images.files import file_kind
from lookalike.images.reasons import os_reason

__all__ = ["LeftAlone", "Seen", "is_same_file", "status_of"]

_PIECE = 1 << 20


class LeftAlone(Exception):  # noqa: N818 - no failure: a file that is not acted on
    """A file is not touched; the message says why, in a few words."""


def status_of(path: str, *, follow: bool = False) -> os.stat_result | None:
    """What the system says of a path; ``None`` where nothing stands there.

    Raises:
        LeftAlone: it can't be asked.
    """
    try:
        return os.stat(path, follow_symlinks=follow)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        raise LeftAlone(f"can't be looked at: {os_reason(error)}") from error


def is_same_file(first: os.stat_result, second: os.stat_result) -> bool:
    """Whether two names are of one file: the same device and number."""
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file whose bytes were just read.

    Attributes:
        path: of the file.
        digest: SHA-256 of its bytes, in hexadecimal digits.
        status: as the system described it before and after the reading.
    """

    path: str
    digest: str
    status: os.stat_result

    @classmethod
    def at(cls, path: str, *, follow: bool = False) -> Self:
        """Read a file.

        Args:
            path: of the file.
            follow: whether it may be a symbolic link.

        Raises:
            LeftAlone: it isn't there, can't be read, is no regular file, or changes meanwhile.
        """
        status = status_of(path, follow=follow)
        if status is None:
            raise LeftAlone("is not there any more, or its disk is not")
        if stat.S_ISLNK(status.st_mode):
            raise LeftAlone("is a symbolic link, and these are never followed")
        if not stat.S_ISREG(status.st_mode):
            raise LeftAlone(f"is not a regular file: {file_kind(status.st_mode)}")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        flags |= getattr(os, "O_CLOEXEC", 0)
        if not follow:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(path, flags)
            try:
                made = hashlib.sha256()
                while piece := os.read(descriptor, _PIECE):
                    made.update(piece)
                after = os.fstat(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise LeftAlone(f"can't be read: {os_reason(error)}") from error
        seen = cls(path, made.hexdigest(), after)
        if not seen._is(status):
            raise LeftAlone("changes while it is read")
        return seen

    def _is(self, status: os.stat_result) -> bool:
        return is_same_file(self.status, status) and (
            (self.status.st_size, self.status.st_mtime_ns) == (status.st_size, status.st_mtime_ns)
        )

    def is_still_at(self, path: str) -> bool:
        """Whether this file, unchanged, has this name; it is not read again."""
        status = status_of(path)
        return status is not None and stat.S_ISREG(status.st_mode) and self._is(status)

    def is_untouched(self) -> bool:
        """Whether nothing at all was done to it since: also nothing that set its time back."""
        status = status_of(self.path)
        return self.is_still_at(self.path) and (
            status is not None and status.st_ctime_ns == self.status.st_ctime_ns
        )
