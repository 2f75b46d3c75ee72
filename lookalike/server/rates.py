"""How much one client may ask for: a bucket of points that fills at a steady rate."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from lookalike.server.answers import ApiError

__all__ = ["WRONG_TOKEN", "Rates", "client_of"]

WRONG_TOKEN = 30.0  # points: with the default rate, three guesses a second

_MOST_CLIENTS = 10_000  # whoever was idle longest is forgotten, which only fills its bucket


class Rates:
    """A bucket for each client. For one thread: that of the event loop.

    Args:
        rate: points gained a second; 0 for no limit.
        burst: points that a bucket holds.
        clock: seconds; for tests.
    """

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, max(burst, rate, 1.0), clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # (points, when)

    def charge(self, client: str, points: float) -> None:
        """Take points from a client's bucket; what costs more than is there leaves a debt.

        Raises:
            ApiError: it holds less than a point.
        """
        if not self._rate:
            return
        now = self._clock()
        held, when = self._buckets.pop(client, (self._burst, now))
        held = min(self._burst, held + (now - when) * self._rate)
        allowed = held >= 1
        self._buckets[client] = (held - points if allowed else held, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if not allowed:
            seconds = math.ceil((1 - held) / self._rate)
            raise ApiError(
                429,
                "too_many_requests",
                f"too many requests from {client}: wait {seconds} s",
                {"Retry-After": str(seconds)},
            )


def client_of(address: str) -> str:
    """Who an address belongs to: itself, or for IPv6 the network of 64 bits that a host gets."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "an unknown client"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        if not parsed.is_loopback:
            return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
