"""Ctrl-C while indexing: the first press ends cleanly, the second at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["stop_on_interrupt"]

# Seconds. One press may come twice: from the terminal, and from a program such as `timeout` that
# passes it on.
_SAME_PRESS = 0.5


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C sets; the second raises ``KeyboardInterrupt``."""
    stop = threading.Event()
    first = 0.0

    def ask(_signal: int, _frame: FrameType | None) -> None:
        nonlocal first
        if stop.is_set():
            if time.monotonic() - first < _SAME_PRESS:
                return
            raise KeyboardInterrupt(
                "stopped at once; what was committed to the library is kept, "
                "and the same command resumes there"
            )
        first = time.monotonic()
        stop.set()
        # Not by print: the handler may run in the middle of another write to standard error.
        os.write(2, b"\nstopping after the pictures in hand; Ctrl-C again stops at once\n")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
