"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a file beside ``target`` to write, which takes its place once all is written.

    So a full disk or Ctrl-C leaves no half of a file, and what was there before stays. Each process
    and thread has a name of its own, so that two that write the same file don't mix: the later one
    stays.
    """
    partial = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
