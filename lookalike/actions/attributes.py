"""What a file has beside its bytes: times, rights, owner, extended attributes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from lookalike.actions import calls

__all__ = ["Attributes"]

# Not this user, or not on this file system; of names of attributes, not of this kind.
_CANNOT = (
    errno.EPERM,
    errno.EACCES,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EINVAL,
    errno.ENOSYS,
    errno.E2BIG,
    errno.ERANGE,
)
_MOST_WORDS = 64 * 1024  # bytes of extended attributes that are kept of a file


@dataclass(frozen=True, slots=True)
class Attributes:
    """Of one file, at one moment.

    Attributes:
        mode: who may do what, as ``stat.S_IMODE`` gives it.
        user: whose it is, as a number.
        group: likewise.
        accessed_ns: when it was read last, in nanoseconds since 1970.
        changed_ns: when its bytes were changed last, likewise.
        words: extended attributes, lists of access among them.
    """

    mode: int
    user: int
    group: int
    accessed_ns: int
    changed_ns: int
    words: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str, status: os.stat_result) -> Self:
        """Those of a file that was just looked at."""
        return cls(
            stat.S_IMODE(status.st_mode),
            status.st_uid,
            status.st_gid,
            status.st_atime_ns,
            status.st_mtime_ns,
            _words(path),
        )

    def put(self, path: str) -> None:
        """Give them to a file, as far as its file system and this user's rights go.

        Raises:
            OSError: what else the system says; it may be tried again.
        """
        for name, value in self.words.items():
            with _where_it_can_be():
                calls.set_word(path, name, value)
        if hasattr(os, "chown"):
            with _where_it_can_be():
                calls.set_owner(path, self.user, self.group)
        with _where_it_can_be():
            calls.set_rights(path, self.mode)
        with _where_it_can_be():
            calls.set_times(path, self.accessed_ns, self.changed_ns)

    def pack(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "mode": self.mode,
            "user": self.user,
            "group": self.group,
            "accessed_ns": self.accessed_ns,
            "changed_ns": self.changed_ns,
            "words": {name: value.hex() for name, value in self.words.items()},
        }

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`pack`.

        Raises:
            ValueError, TypeError, KeyError: no such record.
        """
        numbers = {n: int(packed[n]) for n in ("mode", "user", "group")}
        times = {n: int(packed[n]) for n in ("accessed_ns", "changed_ns")}
        words = {str(name): bytes.fromhex(value) for name, value in packed["words"].items()}
        return cls(**numbers, **times, words=words)


@contextmanager
def _where_it_can_be() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


def _words(path: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if not hasattr(os, "listxattr"):
        return found
    size = 0
    with suppress(OSError):
        for name in os.listxattr(path, follow_symlinks=False):
            with suppress(OSError):
                value = os.getxattr(path, name, follow_symlinks=False)
                size += len(value)
                if size <= _MOST_WORDS:
                    found[name] = value
    return found
