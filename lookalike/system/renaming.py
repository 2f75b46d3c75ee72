"""Renaming that never replaces a file, and exchanging two names at once."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from typing import Any

__all__ = ["exchange", "rename_new"]

_HERE = -100  # AT_FDCWD
_NEW, _EXCHANGE = 1, 2  # renameat2(2)
_EXCL, _SWAP = 4, 2  # renamex_np(2)
# The file system, or an old kernel, knows no such flag.
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def rename_new(source: str, target: str) -> None:
    """Rename a file to a name that nobody has; on one file system, at once.

    ``os.rename`` replaces what stands there, and looking first leaves a moment in between. Where
    neither the system nor the file system can do it in one step, there are two: the file gets its
    new name as a hard link, then loses the old one.

    Raises:
        FileExistsError: something stands at ``target``, be it a link to nothing.
        OSError: ``errno.EXDEV`` where the names are on two file systems; else what the system says.
    """
    if sys.platform == "win32" or _flagged(source, target, _NEW, _EXCL):
        if sys.platform == "win32":
            os.rename(source, target)  # refuses to replace
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.EPERM, *_UNKNOWN):
            raise
        # No hard links either, as on FAT under an old kernel: the moment in between stays.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from None
        os.rename(source, target)
        return
    os.unlink(source)


def exchange(first: str, second: str) -> bool:
    """Give each of two files the other's name, at once.

    Returns:
        Whether it was done; false where the system or the file system can't, and nothing changed.

    Raises:
        OSError: one of them is missing, or may not be renamed.
    """
    return _flagged(first, second, _EXCHANGE, _SWAP)


def _flagged(first: str, second: str, linux: int, mac: int) -> bool:
    """A rename with a flag; false where it isn't known."""
    call = _call()
    if call is None:
        return False
    names = os.fsencode(first), os.fsencode(second)
    if sys.platform == "darwin":
        failed = call(*names, ctypes.c_uint(mac))
    else:
        failed = call(_HERE, names[0], _HERE, names[1], ctypes.c_uint(linux))
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), first, None, second)


@functools.cache
def _call() -> Any:
    """The system's call, where it has one."""
    if sys.platform == "win32":
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return getattr(library, "renamex_np" if sys.platform == "darwin" else "renameat2", None)
