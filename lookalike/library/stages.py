"""How long an answer took, stage by stage."""

from __future__ import annotations

import time

__all__ = ["Clock", "summed"]


class Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """End a stage; the next one begins."""
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now

    def add(self, name: str) -> None:
        """End a part of a stage that may come several times; the next one begins."""
        before = self.laps.get(name, 0.0)
        self.lap(name)
        self.laps[name] += before


def summed(laps: dict[str, float]) -> dict[str, float]:
    """The stages, and ``total``."""
    return {**laps, "total": sum(laps.values())}
