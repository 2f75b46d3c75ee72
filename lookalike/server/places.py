"""How much work is done side by side, and how much may wait for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from lookalike.server.answers import ApiError

__all__ = ["Places"]

T = TypeVar("T")


class Places:
    """So many at once, so many waiting, and an error for the rest. For one event loop.

    Args:
        count: at once.
        waiting: for their turn, at most.
    """

    def __init__(self, count: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(count)
        self._most = count + waiting
        self._here = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it for the block.

        Raises:
            ApiError: too many wait already.
        """
        if self._here >= self._most:
            raise ApiError(503, "busy", "too much at once: try again", {"Retry-After": "1"})
        self._here += 1
        try:
            async with self._limiter:
                yield
        finally:
            self._here -= 1

    async def run(self, work: Callable[[], T]) -> T:
        """Do some work in a thread.

        Raises:
            ApiError: too much is waiting already.
        """
        async with self.place():
            # The threads are ours to count, not those of the event loop's own limit.
            return await to_thread.run_sync(work, limiter=CapacityLimiter(1))
