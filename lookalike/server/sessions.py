"""Who may ask: the tokens, and the sessions of browsers that gave one."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from lookalike.server.visitors import ALL_SCOPES, OPEN_SCOPES

__all__ = ["SECONDS", "Known", "Sessions"]

SECONDS: Final = 7 * 24 * 3600
"""After which a session ends, whatever happens."""

_IDLE_SECONDS = 2 * 24 * 3600  # without a request it ends sooner
_INVITED_SECONDS = 300
_MOST = 1_000  # the one that was idle longest goes


@dataclass(frozen=True, slots=True)
class Known:
    """Who gave a token, or a session's cookie.

    Attributes:
        scopes: what it may do.
        session: the name of its session, which is not what is in the cookie; ``None`` where there
            is none.
    """

    scopes: frozenset[str]
    session: str | None = None


@dataclass(slots=True)
class _Session:
    scopes: frozenset[str]
    until: float
    seen: float


class Sessions:
    """Checks tokens and cookies. For one event loop.

    A cookie holds a random number that says nothing of the token. Only its hash is kept, in memory:
    a session ends with the server, by logging out, after a week, or after two days without a
    request.

    Args:
        token: ``None`` where everybody may ask.
        port: part of the cookie's name.
        change_token: that also allows to change pictures; ``None`` where nobody may.
        invitation: that lets a browser log in once, within minutes; ``None`` for none.
        scopes: what the token allows, or no token where there is none.
        clock: seconds; for tests.
    """

    def __init__(
        self,
        token: str | None,
        port: int,
        change_token: str | None = None,
        invitation: str | None = None,
        scopes: frozenset[str] = OPEN_SCOPES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cookie = f"lookalike-{port}"
        self._tokens = [
            (given.encode(), scopes)
            for given, scopes in ((token, scopes), (change_token, ALL_SCOPES))
            if given is not None
        ]
        self._open, self._scopes = token is None, scopes
        self._clock = clock
        self._invitation = None if invitation is None else invitation.encode()
        self._invited_until = clock() + _INVITED_SECONDS
        self._sessions: dict[str, _Session] = {}

    @property
    def needed(self) -> bool:
        """Whether there is a token to know for asking."""
        return not self._open

    @property
    def kept(self) -> bool:
        """Whether there is anything to log in for."""
        return bool(self._tokens)

    def knows(self, token: str) -> Known | None:
        """Who gives this token, in constant time; ``None`` if it is none."""
        if not self._tokens:
            return Known(self._scopes)
        given = token.encode("utf-8", "surrogatepass")  # JSON may hold halves of letters
        found = [scopes for known, scopes in self._tokens if hmac.compare_digest(given, known)]
        return Known(frozenset().union(*found)) if found else None

    def enter(self, token: str) -> Known | None:
        """Who logs in with this token, or with the invitation; ``None`` if it is neither."""
        given, invitation = token.encode("utf-8", "surrogatepass"), self._invitation
        if invitation is not None and hmac.compare_digest(given, invitation):
            self._invitation = None
            if self._clock() < self._invited_until:
                return Known(self._scopes)
        return self.knows(token)

    def guessed(self, authorization: str | None) -> bool:
        """Whether a header names a token, where there is one to know."""
        return bool(self._tokens) and _token_of(authorization) is not None

    def admits(self, authorization: str | None, cookies: Mapping[str, str]) -> Known | None:
        """Who asks, by the ``Authorization`` header or the cookies; ``None`` if nobody may."""
        token = _token_of(authorization)
        if token is not None and self._tokens:
            return self.knows(token)
        name = self._name(cookies)
        session = self._sessions.get(name)
        if session is not None:
            now = self._clock()
            if now < min(session.until, session.seen + _IDLE_SECONDS):
                session.seen = now
                return Known(session.scopes, name)
            del self._sessions[name]
        return Known(self._scopes) if self._open else None

    def begin(self, response: Response, known: Known, *, secure: bool) -> None:
        """Begin a session; ``secure`` where the browser came by HTTPS."""
        value, now = secrets.token_urlsafe(32), self._clock()
        if len(self._sessions) >= _MOST:
            del self._sessions[min(self._sessions, key=lambda name: self._sessions[name].seen)]
        self._sessions[_hashed(value)] = _Session(known.scopes, now + SECONDS, now)
        self._set(response, value, SECONDS, secure=secure)

    def end(self, response: Response, cookies: Mapping[str, str], *, secure: bool) -> None:
        """End the session of a browser, for whoever has its cookie, and take the cookie away."""
        self._sessions.pop(self._name(cookies), None)
        self._set(response, "", 0, secure=secure)

    def _name(self, cookies: Mapping[str, str]) -> str:
        return _hashed(cookies.get(self.cookie, ""))

    def _set(self, response: Response, value: str, seconds: int, *, secure: bool) -> None:
        response.set_cookie(
            self.cookie,
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            samesite="strict",
            secure=secure,
        )


def _token_of(authorization: str | None) -> str | None:
    scheme, _, credentials = (authorization or "").partition(" ")
    # Other schemes are between the client and a proxy.
    return credentials.strip() if scheme.lower() == "bearer" else None


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
