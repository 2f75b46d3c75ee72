"""Ctrl-C while indexing: the first press ends cleanly, the second at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["stop_on_interrupt"]


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C sets; the second raises ``KeyboardInterrupt``."""
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt(
                "stopped at once; what was committed to the library is kept, "
                "and the same command goes on from there"
            )
        stop.set()
        # Not by print: the handler may run in the middle of another write to standard error.
        os.write(2, b"\nstopping after the pictures in hand; Ctrl-C again stops at once\n")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
