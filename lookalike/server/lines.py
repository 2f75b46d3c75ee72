"""Connections: how many there may be, whose, and for how long one may keep us waiting.

Uvicorn ends a connection that is idle after an answer, and nothing else: one that never asks, or
that begins to ask and never ends, it keeps for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

__all__ = ["LINE", "Deadlines", "Line", "Lines", "Stage"]

LINE: Final = "line"
"""Under which a request's state holds the connection that it came by."""

_SWEEP_SECONDS = 0.5
_SPARED_SECONDS = 1.0  # for which a connection of a client that has too many gives way to none


class Stage(IntEnum):
    """What a connection is waiting for; whoever waits for less gives way first."""

    ASKING = 0  # has begun to ask, or has never asked
    SENDING = 1  # we wait for its body, or for it to take our answer
    LINGERING = 2  # has its answer, and still sends the body that nobody wanted
    IDLE = 3  # has its answer
    WORKING = 4  # we are at work for it


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that a client may take.

    Attributes:
        head: for the line and the headers of a request, from the first byte; for a connection
            that has never asked, from its beginning.
        idle: between an answer and the next request.
        taking: for taking enough of an answer that more of it can be sent.
        lingering: for the rest of a body that nobody wants: who hangs up while its client still
            sends keeps the answer from it.
    """

    head: float = 10.0
    idle: float = 15.0
    taking: float = 30.0
    lingering: float = 10.0

    def of(self, stage: Stage, *, begun: bool) -> float | None:
        """How long a stage may last; ``begun`` if a request has begun to come."""
        if stage is Stage.ASKING or (stage is Stage.IDLE and begun):
            return self.head
        return {Stage.IDLE: self.idle, Stage.LINGERING: self.lingering}.get(stage)


class Line(Protocol):
    """A connection, as far as it is counted here."""

    address: str
    proven: bool
    held: bool
    lines: Lines

    def stage(self) -> Stage:
        """What it waits for."""
        ...

    def since(self) -> float:
        """When that began."""
        ...

    def overdue(self, now: float) -> bool:
        """Whether it has kept us waiting too long."""
        ...

    def hang_up(self, *, late: bool) -> None:
        """End it: with a word where one is due, and at once where it is late again."""
        ...


class Lines:
    """All connections of a server. For one event loop.

    Where there are too many, one that is waiting for its client gives way to a new one, of whom
    has most: first those that have never asked anything, last those that have shown the token.
    While we are at work for it no connection is ended.

    Args:
        most: connections in all.
        most_of_one: of one address.
        shared: whether an address stands for many clients, as that of a trusted proxy does.
        deadlines: seconds that a client may take.
        clock: seconds; for tests.
    """

    def __init__(
        self,
        most: int,
        most_of_one: int,
        shared: Callable[[str], bool] = lambda _: False,
        deadlines: Deadlines | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most: Final = most
        self.deadlines: Final = deadlines or Deadlines()
        self.clock: Final = clock
        self.refused = 0
        self.ended = 0
        self._most_of_one, self._shared = most_of_one, shared
        self._lines: dict[Line, None] = {}
        self._of: Counter[str] = Counter()
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._lines)

    def admit(self, line: Line) -> bool:
        """Whether a new connection may stay; another one may have to go for it."""
        of_one = not self._shared(line.address) and self._of[line.address] >= self._most_of_one
        if of_one or len(self._lines) >= self.most:
            whose = line.address if of_one else self._of.most_common(1)[0][0]
            # Of its own it gets one for another, but not as fast as it can ask for them.
            if not self._end_one(whose, spared=_SPARED_SECONDS if whose == line.address else 0):
                self.refused += 1
                return False
        self._lines[line] = None
        self._of[line.address] += 1
        if self._sweeping is None:
            self._sweep()
        return True

    def forget(self, line: Line) -> None:
        """A connection has ended."""
        if line not in self._lines:
            return
        del self._lines[line]
        self._of[line.address] -= 1
        if not self._of[line.address]:
            del self._of[line.address]

    def _end_one(self, address: str, spared: float) -> bool:
        now = self.clock()
        waiting = [
            (line.proven, stage, line.since(), number, line)
            for number, line in enumerate(self._lines)
            if line.address == address
            and (stage := line.stage()) is not Stage.WORKING
            and now - line.since() >= spared
        ]
        if not waiting:
            return False
        line = min(waiting)[-1]
        self.forget(line)  # at once: it may take a while to go
        self.ended += 1
        line.hang_up(late=True)
        return True

    def _sweep(self) -> None:
        """End who is late, twice a second for as long as anybody is there."""
        now = self.clock()
        for line in list(self._lines):
            if line.overdue(now):
                self.ended += 1
                line.hang_up(late=False)
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep) if self._lines else None
