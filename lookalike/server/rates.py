"""How much one client may ask for: a bucket of points that fills at a steady rate."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from lookalike.server.answers import ApiError

__all__ = ["Rates", "client_of", "too_many"]

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

    def wait(self, client: str, points: float) -> float:
        """Take points from a client's bucket; what costs more than is there leaves a debt.

        Returns:
            0, or the seconds until its bucket holds a point again: then nothing was taken.
        """
        if not self._rate:
            return 0.0
        now = self._clock()
        held, when = self._buckets.pop(client, (self._burst, now))
        held = min(self._burst, held + (now - when) * self._rate)
        allowed = held >= 1
        self._buckets[client] = (held - points if allowed else held, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - held) / self._rate

    def charge(self, client: str, points: float) -> None:
        """The same for who has to be refused.

        Raises:
            ApiError: the bucket holds less than a point.
        """
        seconds = self.wait(client, points)
        if seconds:
            raise too_many(client, seconds)


def too_many(client: str, seconds: float) -> ApiError:
    """What a client is told that has asked for too much."""
    wait = math.ceil(seconds)
    return ApiError(
        429,
        "too_many_requests",
        f"too many requests from {client}: wait {wait:,} s",
        {"Retry-After": str(wait)},
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
