"""Locks between processes: files that stay where they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked"]


@contextmanager
def locked(path: Path, *, seconds: float = -1.0) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is missing.

    The system frees the lock when the process ends, however it ends. The file stays: who deletes
    it after use lets a third process lock a new file of that name, while a second one still waits
    for the old one, and both would go on.

    Args:
        path: of the lock's file; its folder must exist.
        seconds: to wait for it; for ever if negative.

    Raises:
        filelock.Timeout: somebody else holds it.
        OSError: the disk can't be written to.
    """
    # Here, not above: a search takes no lock.
    from filelock import FileLock

    with FileLock(path, thread_local=False).acquire(timeout=seconds):
        yield
