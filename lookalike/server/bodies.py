"""Bodies that are taken in and held in memory: how many, how many bytes, and for whom."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from anyio import CancelScope, sleep

from lookalike.server.places import busy
from lookalike.server.visitors import here

__all__ = ["BODY", "Bodies", "Body"]

_MOST = 64
_MOST_OF_ONE = 32  # of one client
_SPARED_SECONDS = 1.0  # for which a body that is coming in gives way to none


class Body:
    """One that is taken in.

    Attributes:
        client: whose it is.
        held: bytes of it that are in memory.
        scope: of the wait for its next bytes, while there is one: ending it ends the body.
        waited: seconds that were spent on waiting for its bytes.
        ended: whether it had to give way.
    """

    def __init__(self, client: str, bodies: Bodies) -> None:
        self.client, self._bodies = client, bodies
        self.held = 0
        self.scope: CancelScope | None = None
        self.waited = 0.0
        self.ended = False
        self.since = 0.0

    def grow(self, count: int) -> None:
        """Take in some bytes.

        Raises:
            ApiError: the memory for bodies is used up, and this client has the most of it.
        """
        self.held += count
        self._bodies.take(self, count)


BODY: Final[ContextVar[Body | None]] = ContextVar("lookalike_body", default=None)
"""The body of the request in hand, where it has one that counts."""


class Bodies:
    """Counts them. One that is slow gives way where there are too many. For one event loop.

    Args:
        most_bytes: in memory, of all bodies.
        clock: seconds; for tests.
    """

    def __init__(self, most_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes, self._clock = most_bytes, clock
        self._bodies: set[Body] = set()
        self._bytes = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._bodies)

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        return self._bytes

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Make room for the body of the request in hand, until the end of the block.

        Raises:
            ApiError: there are too many.
        """
        client = here().name
        if not self._has_room(client):
            await sleep(_SPARED_SECONDS)  # by then one that keeps us waiting has had its time
            while not self._has_room(client):
                counted = Counter(body.client for body in self._bodies)
                whose = client if counted[client] >= _MOST_OF_ONE else counted.most_common(1)[0][0]
                self._end_one(whose)
        body = Body(client, self)
        self._bodies.add(body)
        before = BODY.set(body)
        try:
            yield
        finally:
            BODY.reset(before)
            self._bodies.discard(body)
            self._bytes -= body.held

    def take(self, body: Body, count: int) -> None:
        """Count bytes of a body.

        Raises:
            ApiError: there are too many, and none of another client can give way.
        """
        self._bytes += count
        if self._bytes <= self._most_bytes:
            return
        held: Counter[str] = Counter()
        for one in self._bodies:
            held[one.client] += one.held
        greediest, _ = held.most_common(1)[0]
        if greediest == body.client:
            raise busy()
        self._end_one(greediest)

    def _has_room(self, client: str) -> bool:
        here = [body.client for body in self._bodies if not body.ended]
        return len(here) < _MOST and here.count(client) < _MOST_OF_ONE

    def _end_one(self, client: str) -> None:
        """End the one of a client that has kept us waiting longest.

        Raises:
            ApiError: none has, for long.
        """
        now = self._clock()
        slow = [
            body
            for body in self._bodies
            if body.client == client and body.scope is not None and not body.ended
        ]
        slowest = max(slow, key=lambda body: body.waited + now - body.since, default=None)
        if slowest is None or slowest.waited + now - slowest.since < _SPARED_SECONDS:
            raise busy()
        slowest.ended = True
        assert slowest.scope is not None
        slowest.scope.cancel()
