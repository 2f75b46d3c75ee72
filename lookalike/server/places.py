"""How much work is done side by side, how much may wait for it, and whose turn it is."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from anyio import CapacityLimiter, Event, to_thread

from lookalike.server.answers import ApiError
from lookalike.server.visitors import here

__all__ = ["Places", "busy"]

T = TypeVar("T")


class Places:
    """So many at once, so many waiting, shared by client, and an error for the rest.

    Whoever waits comes in turn, one of each client. Where all that is under way is one client's,
    the first of another one needs no place: so nobody can keep the others waiting. Where too many
    wait, the client with the most of them loses its last one to who has fewer. For one event loop.

    Args:
        count: at once; one more where a single client would have them all.
        waiting: for their turn, at most.
    """

    def __init__(self, count: int, waiting: int) -> None:
        self._count, self._most_waiting = count, waiting
        self._running: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[_Turn]] = OrderedDict()

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait for theirs."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it for the block.

        Raises:
            ApiError: too many wait already.
        """
        client = here().name
        if self._is_free_for(client) and client not in self._queues:
            self._running[client] += 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._leave(client)

    async def run(self, work: Callable[[], T]) -> T:
        """Do some work in a thread.

        Raises:
            ApiError: too much is waiting already.
        """
        async with self.place():
            # The threads are ours to count, not those of the event loop's own limit.
            return await to_thread.run_sync(work, limiter=CapacityLimiter(1))

    def _is_free_for(self, client: str) -> bool:
        taken = self.running
        if taken < self._count:
            return True
        return taken == self._count and len(self._running) == 1 and client not in self._running

    async def _wait(self, client: str) -> None:
        turn = _Turn()
        self._make_room(client)
        self._queues.setdefault(client, deque()).append(turn)
        try:
            await turn.event.wait()
        except BaseException:
            if turn.refused or not turn.event.is_set():
                self._forget(client, turn)
            else:  # the place came as the client went
                self._leave(client)
            raise
        if turn.refused:
            raise busy()

    def _make_room(self, client: str) -> None:
        """See to it that one more may wait."""
        if self.waiting < self._most_waiting:
            return
        own = len(self._queues.get(client, ()))
        if not self._queues:
            raise busy()
        greediest, longest = max(self._queues.items(), key=lambda item: len(item[1]))
        if len(longest) <= own + 1:
            raise busy()
        last = longest.pop()
        if not longest:
            del self._queues[greediest]
        last.refused = True
        last.event.set()

    def _forget(self, client: str, turn: _Turn) -> None:
        queue = self._queues.get(client)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._queues[client]

    def _leave(self, client: str) -> None:
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        for waiting in sorted(self._queues, key=lambda name: self._running[name]):  # it's stable
            if not self._is_free_for(waiting):
                continue
            queue = self._queues[waiting]
            turn = queue.popleft()
            if queue:
                self._queues.move_to_end(waiting)
            else:
                del self._queues[waiting]
            self._running[waiting] += 1
            turn.event.set()
            return


class _Turn:
    """One who waits."""

    def __init__(self) -> None:
        self.event = Event()
        self.refused = False


def busy() -> ApiError:
    """What is said to who would be too many."""
    return ApiError(503, "busy", "too much at once: try again", {"Retry-After": "1"})
