"""Every call by which lookalike changes people's files, in one place.

Nothing else in the package writes beside pictures. So what happens when one of these calls fails,
or is the last one of a process, can be tried for each of them.
"""

from __future__ import annotations

import os
from contextlib import suppress

from lookalike.system import cloning, renaming

__all__ = [
    "clone",
    "exchange",
    "link",
    "make_folder",
    "open_end",
    "open_new",
    "remove",
    "remove_folder",
    "rename_new",
    "replace",
    "set_owner",
    "set_rights",
    "set_times",
    "set_word",
    "shorten",
    "sync",
    "sync_folder",
    "write",
]

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_new(path: str) -> int:
    """A descriptor of a new file for writing, for its owner alone; an error if it is there."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)


def open_end(path: str) -> int:
    """A descriptor of a file that is there, for adding to its end."""
    return os.open(path, os.O_RDWR | os.O_APPEND | _NO_LINKS)


def write(descriptor: int, data: bytes) -> None:
    """Write all of it."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def shorten(descriptor: int, size: int) -> None:
    """Cut a file to its first bytes."""
    os.ftruncate(descriptor, size)


def sync(descriptor: int) -> None:
    """Wait until what was written is on the disk."""
    os.fsync(descriptor)


def sync_folder(path: str) -> None:
    """Wait until the names of a folder are on the disk, where a system can be asked for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Some file systems have no such call for folders, and keep the order by themselves.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_new(source: str, target: str) -> None:
    """See :func:`lookalike.system.renaming.rename_new`."""
    renaming.rename_new(source, target)


def exchange(first: str, second: str) -> bool:
    """See :func:`lookalike.system.renaming.exchange`."""
    return renaming.exchange(first, second)


def replace(source: str, target: str) -> None:
    """Give a file the name of another, which is gone then."""
    os.replace(source, target)


def link(source: str, target: str) -> None:
    """Give a file a second name."""
    os.link(source, target, follow_symlinks=False)


def clone(source: str, target: str) -> None:
    """See :func:`lookalike.system.cloning.clone`."""
    cloning.clone(source, target)


def remove(path: str) -> None:
    """Take a name from a file."""
    os.unlink(path)


def make_folder(path: str, rights: int = 0o777) -> None:
    """Make one folder; FileExistsError if something is there."""
    os.mkdir(path, rights)


def remove_folder(path: str) -> None:
    """Remove a folder that is empty; OSError if it isn't."""
    os.rmdir(path)


def set_rights(path: str, mode: int) -> None:
    """Who may do what with a file."""
    os.chmod(path, mode)


def set_owner(path: str, user: int, group: int) -> None:
    """Whose a file is."""
    os.chown(path, user, group)


def set_times(path: str, accessed_ns: int, changed_ns: int) -> None:
    """When a file was read and changed, in nanoseconds."""
    os.utime(path, ns=(accessed_ns, changed_ns))


def set_word(path: str, name: str, value: bytes) -> None:
    """An extended attribute of a file."""
    os.setxattr(path, name, value)
