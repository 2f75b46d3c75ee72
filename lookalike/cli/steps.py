"""Progress of long steps, for terminals and for logs: a bar here, now and then a line there."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lookalike.cli.output import note
from lookalike.cli.progress import share_bar

__all__ = ["Lines", "soon", "step"]

SOON = 1.0  # seconds that something may take before it is told of
FIRST = 5.0  # seconds until it is told how far a step is
EVERY = 15.0  # seconds between two lines of a log


class Lines:
    """Tells a log how far a step is: first after five seconds, then every quarter of a minute.

    Args:
        told: what is done.
        unit: of what is counted.
    """

    def __init__(self, told: str, unit: str) -> None:
        self._told, self._unit = told, unit
        self._due = time.monotonic() + FIRST
        self._first: tuple[int, float] | None = None  # from where on the rate is measured

    def __call__(self, done: int, total: int, more: str = "") -> None:
        """Say so, if it is time; ``more`` follows the numbers."""
        now = time.monotonic()
        begun, since = self._first = self._first or (done, now)
        if now < self._due:
            return
        self._due = now + EVERY
        left = ""
        if begun < done < total:
            left = f", {_duration((now - since) * (total - done) / (done - begun))} left"
        note(f"{self._told}: {done:,} of {total:,} {self._unit}{more}{left}")


@contextmanager
def step(told: str, total: int, unit: str = "pictures") -> Iterator[Callable[[int], object]]:
    """Show how far a step is: a bar on a terminal, lines in a log.

    Yields:
        What is called with a number of things that are done.
    """
    done = 0
    lines = Lines(told, unit)
    with share_bar(told, unit) as bar:
        show: Callable[[int, int], object] = bar if sys.stderr.isatty() else lines

        def add(count: int) -> None:
            nonlocal done
            done += count
            show(done, total)

        yield add


@contextmanager
def soon(told: str) -> Iterator[None]:
    """Say what is being done, unless it is done within a second."""
    timer = threading.Timer(SOON, note, [told])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _duration(seconds: float) -> str:
    """About how long, in words."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"
