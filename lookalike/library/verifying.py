"""Reading files at a limited rate, to see whether they still hold what they held."""

from __future__ import annotations

import threading
import time

from lookalike.errors import PictureError
from lookalike.sources.contents import digest_of
from lookalike.sources.source import Found

__all__ = ["Verifying"]

_AT_ONCE = 3600.0
"""Seconds of one wait: a platform may take no more than some weeks."""


class Verifying:
    """Digests of files that should be as they were.

    Args:
        rate: bytes a second, at most; ``None`` for as fast as it goes.
        stop: set, from any thread, to end waiting.
    """

    def __init__(self, rate: float | None, stop: threading.Event) -> None:
        self._rate = rate
        self._stop = stop
        self._bytes = 0
        self._started = time.monotonic()

    def digest(self, found: Found) -> bytes | None:
        """SHA-256 of a file's bytes, once there is time for it; ``None`` if it can't be read."""
        if self._rate is not None:
            due = self._started + self._bytes / self._rate
            while (left := due - time.monotonic()) > 0:
                if self._stop.wait(min(left, _AT_ONCE)):
                    break
        self._bytes += found.size
        try:
            return digest_of(found)
        except (OSError, PictureError):
            return None  # decoding will say why
