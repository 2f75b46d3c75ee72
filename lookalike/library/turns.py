"""Whose turn it is, where several workers fill one library."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from lookalike.errors import LibraryLockedError
from lookalike.library.store import Store

__all__ = ["shard_turn"]

_log = logging.getLogger(__name__)

_AGAIN = 0.5  # seconds between two tries


@contextmanager
def shard_turn(store: Store, stop: threading.Event | None = None) -> Iterator[None]:
    """Fill a shard of a library: beside others, where its place allows that, else one by one.

    Args:
        store: of the library.
        stop: ends waiting.

    Raises:
        LibraryLockedError: somebody else is writing, and waiting was ended.
        LibraryReadOnlyError: nothing can be written there.
    """
    stop = stop or threading.Event()
    with ExitStack() as stack:
        told = False
        while True:
            try:
                stack.enter_context(store.run(shared=True))
                break
            except LibraryLockedError:
                if stop.is_set():
                    raise
                if not told:
                    _log.warning("another process is filling %s: waiting for it", store.location)
                told = True
                stop.wait(_AGAIN)
        yield
        store.settle()
