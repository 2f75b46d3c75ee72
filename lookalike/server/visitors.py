"""Who asks: whose share of the server a request takes, and what it may do."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from lookalike.server.rates import Rates

__all__ = ["ALL_SCOPES", "OPEN_SCOPES", "READ_SCOPES", "VISITOR", "Visitor", "here"]

OPEN_SCOPES: Final = frozenset(("read", "decide"))
"""What the token allows: to search, and to say what pictures are to each other."""

READ_SCOPES: Final = frozenset(("read",))
"""What the token of ``--read-only`` allows: to search, and no more."""

ALL_SCOPES: Final = OPEN_SCOPES | {"change"}
"""What the token of ``--allow-changes`` allows: to move pictures and take them away, too."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent the request in hand.

    Attributes:
        name: of the share that it takes: an address, or whoever knows the token there.
        address: that it comes from; behind a trusted proxy the client's own.
        scopes: what it may do.
        session: of the browser that logged in; ``None`` for a program.
        https: whether it came to the proxy by HTTPS.
        rates: that its points are taken from; ``None`` for no limit.
    """

    name: str
    address: str
    scopes: frozenset[str] = OPEN_SCOPES
    session: str | None = None
    https: bool = False
    rates: Rates | None = None

    def charge(self, points: float) -> None:
        """Take points from what it may still ask for.

        Raises:
            ApiError: nothing is left.
        """
        if self.rates is not None:
            self.rates.charge(self.name, points)


VISITOR: Final[ContextVar[Visitor]] = ContextVar("lookalike_visitor")
"""Set for each request, so that all who share something out know for whom."""


def here() -> Visitor:
    """Who sent the request in hand; somebody without a name outside of one."""
    return VISITOR.get(Visitor("nobody", ""))
