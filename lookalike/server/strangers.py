"""Who asks too much without the token, or guesses it: answered later and later.

Whoever owns the library may well have the address of who guesses, such as that of a proxy or of a
shared connection. So the right token is let in at once, always, and wrong guesses use up nothing of
what it is entitled to. An answer that is held back costs nothing, and keeps its client from asking
again at once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from anyio import sleep
from starlette.requests import Request

from lookalike.server.lines import LINE
from lookalike.server.rates import Rates, too_many

__all__ = ["Strangers"]

_EVERYBODY = "everybody"

# Guesses a second of one address, and of all of them; and answers that are held back at once.
_GUESSES, _GUESSES_OF_ALL = 0.5, 10.0
_CROWD = 10  # how many times as many guesses all may make as one
_HELD, _HELD_OF_ALL = 500, 1_000


class Strangers:
    """Counts what they ask, and their guesses, by address. For one event loop.

    Args:
        rate: requests a second of one address.
        burst: requests that it may make at once.
        guesses: wrong tokens that it may give at once.
        hold: seconds for which an answer to one too many is held back, at most.
        clock: seconds; for tests.
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        guesses: int,
        hold: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hold = hold
        self._asking = Rates(rate, burst, clock)
        self._by_address = Rates(_GUESSES, guesses, clock)
        self._of_all = Rates(_GUESSES_OF_ALL, _CROWD * guesses, clock)
        self._held: Counter[str] = Counter()

    async def asked(self, request: Request, client: str, what: str) -> None:
        """Count a request for something; return when it may be answered.

        Raises:
            ApiError: it was one too many.
        """
        name = f"{client} without the token, {what}"
        await self._answer(request, client, name, self._asking.wait(name, 1))

    async def guessed(self, request: Request, client: str) -> None:
        """Count a wrong token; return when it may be answered.

        Raises:
            ApiError: it was one too many.
        """
        # One address that is over its own uses up nothing of what all may.
        seconds = self._by_address.wait(client, 1) or self._of_all.wait(_EVERYBODY, 1)
        await self._answer(request, client, client, seconds)

    async def _answer(self, request: Request, client: str, name: str, seconds: float) -> None:
        if not seconds:
            return
        line = request.scope.get("state", {}).get(LINE)
        if self._held[client] < _HELD and self._held.total() < _HELD_OF_ALL:
            self._held[client] += 1
            if line is not None:
                line.held = True
            try:
                await sleep(min(seconds, self._hold))
            finally:
                if line is not None:
                    line.held = False
                self._held[client] -= 1
                if not self._held[client]:
                    del self._held[client]
        raise too_many(name, seconds)
