"""What the server is told, and what it allows one client."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from lookalike.errors import UsageError
from lookalike.server.proxies import Network
from lookalike.system.processors import processors
from lookalike.types import Limits

__all__ = ["SHORTEST_TOKEN", "Settings", "check_token", "new_token"]

SHORTEST_TOKEN = 16  # characters
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Settings:
    """How a library is served.

    Attributes:
        token: that a client has to know; ``None`` for none, which only loopback allows.
        change_token: that also allows to change pictures; ``None`` where nobody may.
        read_only: whether nothing at all is written: no decision, no cache, no file.
        port: that is listened on; names the cookie, since browsers share cookies between ports.
        invitation: that lets a browser log in once, in place of the token.
        proxies: networks of the reverse proxies that are believed when they say who asks.
        metrics: whether figures are given out for Prometheus.
        upload_bytes: of a picture to search by; more is refused.
        upload_seconds: in which a body has to arrive.
        sent_pixels: of a picture to search by, as its header states them; more is refused.
        held_bytes: of bodies that are in memory at the same time.
        limits: for decoding a picture, uploaded or of the library.
        workers: searches that run side by side, and likewise thumbnails; each has a decoding
            process of its own.
        waiting: searches that wait for their turn at most, and likewise thumbnails.
        short_list: first bits of the photo code that searches are made by; ``None`` for all.
        rate: points that one client gains a second, see :mod:`lookalike.server.rates`; 0 for no
            limit.
        burst: points that one client can save.
        wrong_tokens: that one address may give at once; ten times as many may come from all.
        hold_seconds: for which the answer to one wrong token too many is held back.
        thumbnail_bytes: thumbnails that are kept in memory, in bytes.
        queries: pictures that were sent to search by and are kept in memory, at most.
        query_bytes: all of them together.
        query_seconds: after which one that nobody asks for is forgotten.
    """

    token: str | None = None
    change_token: str | None = None
    invitation: str | None = None
    proxies: tuple[Network, ...] = ()
    metrics: bool = False
    read_only: bool = False
    port: int = 0
    upload_bytes: int = 50_000_000
    upload_seconds: float = 60.0
    sent_pixels: int = 100_000_000
    held_bytes: int = 400_000_000
    limits: Limits = field(default_factory=Limits)
    workers: int = field(default_factory=processors)
    waiting: int = 64
    short_list: int | None = None
    rate: float = 100.0
    burst: float = 300.0
    wrong_tokens: int = 10
    hold_seconds: float = 2.0
    thumbnail_bytes: int = 64_000_000
    queries: int = 200
    query_bytes: int = 256_000_000
    query_seconds: float = 86_400.0

    @property
    def allow_changes(self) -> bool:
        """Whether anybody may change pictures."""
        return self.change_token is not None


def new_token() -> str:
    """A token of 192 random bits."""
    return secrets.token_urlsafe(24)


def check_token(token: str) -> str:
    """A token that was given, if it will do.

    Raises:
        UsageError: it is short enough to be guessed, or can't travel in a header.
    """
    if not SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN:
        raise UsageError(
            f"a token of {len(token)} characters: give {SHORTEST_TOKEN} to {_LONGEST_TOKEN}, "
            "or none, and one is made"
        )
    if not all("!" <= c <= "~" for c in token):
        raise UsageError("a token holds ASCII letters, digits and signs, without blanks")
    return token
