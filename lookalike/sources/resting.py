"""Files that come: told from files that are still being written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Resting"]


class Resting:
    """Paths of which something was said, until nothing more happens to them.

    A path is at rest when nothing was said of it for some seconds, and its size and its time of
    change are then as they were when something was last said. What isn't there is a state, too.

    Args:
        seconds: of rest.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moving: dict[str, _Moving] = {}
        self._rested: dict[str, float] = {}

    def note(self, paths: Iterable[str], now: float) -> None:
        """Something happened to these paths.

        Args:
            paths: absolute.
            now: of a clock that only goes forward, in seconds.
        """
        for path in paths:
            self._rested.pop(path, None)
            self._moving[path] = _Moving(now, _state(path))

    def look(self, now: float) -> None:
        """Find out what has come to rest by now. Each path costs one look at its file, in time."""
        for path, moving in list(self._moving.items()):
            if now - moving.since < self._seconds:
                continue
            state = _state(path)
            if state == moving.state:
                del self._moving[path]
                self._rested[path] = now
            else:
                self._moving[path] = _Moving(now, state)

    def moves(self, path: str) -> bool:
        """Whether a path isn't at rest."""
        return path in self._moving

    @property
    def moving(self) -> int:
        """How many paths aren't at rest."""
        return len(self._moving)

    @property
    def rested(self) -> int:
        """How many are at rest, and weren't taken."""
        return len(self._rested)

    def waited(self, now: float) -> float:
        """For how long the first of those that are at rest has been, in seconds; 0 for none."""
        return now - min(self._rested.values(), default=now)

    def take(self) -> set[str]:
        """The paths that are at rest, once each."""
        taken = set(self._rested)
        self._rested.clear()
        return taken


class _Moving(NamedTuple):
    since: float
    state: tuple[int, int] | None


def _state(path: str) -> tuple[int, int] | None:
    """Size and time of change; ``None`` for nothing that can be seen."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
