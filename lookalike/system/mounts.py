"""Where file systems begin in the tree of folders."""

from __future__ import annotations

import os

__all__ = ["disk_at", "mount_point"]


def mount_point(path: str) -> str:
    """The nearest place at or above a path where a file system begins.

    Links are followed: it is the place that holds what the path leads to. A bind mount on one and
    the same disk can't be told from a folder, and isn't one. Never raises: a path that isn't there
    has the place of the nearest folder above it that is.
    """
    try:
        place = os.path.realpath(path)
    except (OSError, ValueError):
        place = os.path.abspath(os.sep)
    while not os.path.ismount(place):
        above = os.path.dirname(place)
        if above == place:
            break
        place = above
    return place


def disk_at(path: str) -> str:
    """Tells the file system that holds a path from others, also after a restart where it can.

    That is the number by which file systems name themselves (``f_fsid``; on Windows the serial
    number of the volume). Some give another one each time that they are mounted, so that another
    number alone says little. Empty where nothing can be told.
    """
    try:
        if hasattr(os, "statvfs"):
            return f"{os.statvfs(path).f_fsid:x}"
        return f"{os.stat(path).st_dev:x}"
    except (OSError, ValueError):
        return ""
