"""Reading a file that may turn out to be anything: only regular files, never a blocking open."""

from __future__ import annotations

import hashlib
import os
import stat
from io import FileIO

from lookalike.errors import Cause, PictureFailed, PictureSkipped
from lookalike.images.reasons import cause_of, os_reason

__all__ = ["digest", "file_kind", "read_file"]

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFDIR: "a folder",
}


def file_kind(mode: int) -> str:
    """What a file that isn't a regular one is, in words; ``mode`` as in ``os.stat_result``."""
    return _KINDS.get(stat.S_IFMT(mode), "of an unknown kind")


def _open_regular(path: str | bytes) -> FileIO:
    # Opening a named pipe blocks until somebody writes, and opening some devices does things:
    # hence O_NONBLOCK (no effect on regular files) and the look at what was opened.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOCTTY", 0)
    descriptor = os.open(path, flags)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise PictureSkipped(f"not a regular file: {file_kind(mode)}")
        return FileIO(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_file(path: str | bytes, most: int) -> bytes:
    """The whole of a regular file, read once.

    Args:
        path: of the file; a link is followed.
        most: limit in bytes.

    Raises:
        PictureSkipped: empty, larger than ``most``, or not a regular file.
        PictureFailed: the system can't open or read it.
    """
    try:
        with _open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise PictureSkipped(
                    f"{size:,} bytes: more than the limit of {most:,}", cause="limit"
                )
            # One byte more than allowed, so that a file that grows meanwhile is noticed.
            pieces = []
            left = most + 1
            while left > 0 and (piece := file.read(min(left, max(size + 1, 65_536)))):
                pieces.append(piece)
                left -= len(piece)
    except OSError as error:
        raise _unread(error) from error
    if left <= 0:
        raise PictureSkipped(
            f"grew beyond the limit of {most:,} bytes while it was read", cause="limit"
        )
    data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if not data:
        raise PictureSkipped("empty file")
    return data


def digest(path: str | bytes) -> bytes:
    """SHA-256 of a file's bytes (32 bytes), read in pieces.

    Raises:
        PictureSkipped: not a regular file.
        PictureFailed: the system can't open or read it.
    """
    try:
        with _open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise _unread(error) from error


def _unread(error: OSError) -> PictureFailed:
    # Without a number it is the system's all the same: nothing here looks at what was read.
    cause: Cause = "memory" if cause_of(error) == "memory" else "access"
    return PictureFailed(f"can't be read: {os_reason(error)}", cause=cause)
