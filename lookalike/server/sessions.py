"""Who may ask: the token, and the cookie that a browser gets for it."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping

from starlette.responses import Response

__all__ = ["Sessions"]

_SECONDS = 7 * 24 * 3600


class Sessions:
    """Checks tokens and cookies in constant time.

    The cookie isn't the token: it ends after a week, and can't be turned into the token. No list
    of sessions is kept: a cookie is good because its signature is, also after a restart with the
    same token.

    Args:
        token: ``None`` where everybody may ask.
        port: part of the cookie's name.
        clock: seconds since 1970; for tests.
    """

    def __init__(
        self, token: str | None, port: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.cookie = f"lookalike-{port}"
        self._token = None if token is None else token.encode()
        self._key = hashlib.sha256(b"lookalike session\0" + (self._token or b"")).digest()
        self._clock = clock

    @property
    def needed(self) -> bool:
        """Whether there is a token to know."""
        return self._token is not None

    def knows(self, token: str) -> bool:
        """Whether this is the token."""
        given = token.encode("utf-8", "surrogateescape")
        return self._token is None or hmac.compare_digest(given, self._token)

    def admits(self, authorization: str | None, cookies: Mapping[str, str]) -> bool:
        """Whether a request may come in, by its ``Authorization`` header or its cookies."""
        if self._token is None:
            return True
        scheme, _, credentials = (authorization or "").partition(" ")
        if scheme.lower() == "bearer":  # others are between the client and a proxy
            return self.knows(credentials.strip())
        until, _, signature = cookies.get(self.cookie, "").partition(".")
        good = hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(until).encode())
        return good and int(until) > self._clock()

    def begin(self, response: Response, *, secure: bool) -> None:
        """Put a fresh cookie into a response; ``secure`` where the browser came by HTTPS."""
        until = str(int(self._clock()) + _SECONDS)
        self._set(response, f"{until}.{self._sign(until)}", _SECONDS, secure=secure)

    def end(self, response: Response, *, secure: bool) -> None:
        """Take the cookie away."""
        self._set(response, "", 0, secure=secure)

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

    def _sign(self, until: str) -> str:
        return hmac.new(self._key, until.encode("utf-8", "replace"), "sha256").hexdigest()
