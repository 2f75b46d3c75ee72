"""Files that share their blocks on the disk until one of them is written to (reflinks)."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

__all__ = ["CannotClone", "clone"]

_FICLONE = 0x40049409  # ioctl_ficlonerange(2)
_CANNOT = (errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS, errno.EXDEV)


class CannotClone(Exception):  # noqa: N818 - no failure: most file systems can't
    """Blocks can't be shared between these two places; the message says why, in one line."""


def clone(source: str, target: str) -> None:
    """Make a new file of the bytes of another, which takes no room of its own.

    The new file has rights for its owner alone, and a time of its own.

    Args:
        source: a regular file; no link.
        target: on the same file system; nothing may stand there.

    Raises:
        CannotClone: the system or the file system can't, or they are two; nothing is left.
        FileExistsError: something stands at ``target``.
        OSError: what else the system says; an empty file may be left.
    """
    try:
        if sys.platform == "linux":
            _by_ioctl(source, target)
        elif sys.platform == "darwin":
            _by_clonefile(source, target)
        else:
            raise CannotClone("files can share their blocks on Linux and macOS only: use hardlink")
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        what = (
            "it lies on another file system than the file that is kept"
            if error.errno == errno.EXDEV
            else "its file system can't share blocks between files (Btrfs, XFS and APFS can)"
        )
        raise CannotClone(f"{what}: use hardlink, or trash") from error


def _by_ioctl(source: str, target: str) -> None:
    # Here, not above: Windows has no such module.
    import fcntl

    read = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        written = os.open(target, flags, 0o600)
        try:
            fcntl.ioctl(written, _FICLONE, read)
            os.fsync(written)
        except OSError as error:
            if error.errno in _CANNOT:
                os.unlink(target)
            raise
        finally:
            os.close(written)
    finally:
        os.close(read)


def _by_clonefile(source: str, target: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    follow_no_links = 1
    if library.clonefile(os.fsencode(source), os.fsencode(target), ctypes.c_uint(follow_no_links)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
