"""Where file systems begin in the tree of folders."""

from __future__ import annotations

import os

__all__ = ["mount_point"]


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
