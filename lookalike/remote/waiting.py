"""Waiting for a server that went away, with one line to the person who waits."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from lookalike.errors import LibraryAwayError

__all__ = ["PATIENCE", "patiently"]

# Whose lines the command line prints.
_log = logging.getLogger("lookalike.waiting")

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for which a server is waited for."""

_FIRST, _LONGEST = 0.1, 5.0  # seconds between two tries

_AWAY: set[str] = set()  # what threads wait for now, of which one line is enough
_SAYING = threading.Lock()


def patiently(location: str, work: Callable[[], T], *, seconds: float | None = None) -> T:
    """Do something on a server; again while that is away, with longer and longer pauses.

    Args:
        location: of the library, as it may be printed.
        work: can be repeated, and raises LibraryAwayError where the server is away.
        seconds: to wait in all.

    Raises:
        LibraryAwayError: it didn't come back.
    """
    began: float | None = None
    told, pause = False, _FIRST
    while True:
        try:
            found = work()
        except LibraryAwayError as error:
            now = time.monotonic()
            if began is None:
                # A connection that lay idle may be of before the server came back.
                began = now
                continue
            if not told:
                told = True
                _say_away(location, error)
            left = began + (PATIENCE if seconds is None else seconds) - now
            if left <= 0:
                _AWAY.discard(location)
                raise LibraryAwayError(
                    f"{error}, and didn't come back in {now - began:.0f} seconds: what was"
                    " committed is kept; start the server, then try again"
                ) from error
            # Many that lost the same server shall not all come back at once.
            time.sleep(min(left, pause * random.uniform(0.5, 1)))  # noqa: S311 - no secret
            pause = min(_LONGEST, pause * 2)
            continue
        if told:
            _say_back(location)
        return found


def _say_away(location: str, error: LibraryAwayError) -> None:
    with _SAYING:
        if location not in _AWAY:
            _AWAY.add(location)
            _log.warning("%s: waiting for it", error)


def _say_back(location: str) -> None:
    with _SAYING:
        if location in _AWAY:
            _AWAY.remove(location)
            _log.warning("the server of %s is back", location)
