"""What every request passes before anything looks at it, and what every answer carries."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.server.answers import ApiError
from lookalike.server.rates import WRONG_TOKEN, Rates, client_of
from lookalike.server.sessions import Sessions

__all__ = ["API", "STATUSES", "Guard", "SafeHeaders", "is_loopback"]

API: Final = "/api/"

STATUSES: Final = frozenset((400, 403, 421, 429, 503))
"""That any request may be refused with, before all else; 401 too where a token is needed."""

# Scripts and styles only as files of this server; trusted types forbid making HTML from strings.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?\Z")
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_MOST_AT_ONCE = 256  # requests of all clients


class SafeHeaders:
    """Adds the headers that keep browsers careful; what a response says itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, careful)


class Guard:
    """Refuses what doesn't come from where it should, comes too often, or without the token.

    Args:
        app: what comes after.
        sessions: checks the token.
        rates: of clients.
        public: paths of the interface that need no token.
    """

    def __init__(
        self, app: ASGIApp, sessions: Sessions, rates: Rates, public: Collection[str]
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._rates = rates
        self._public = frozenset(public)
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._check(Request(scope))
        except ApiError as error:
            await error.response()(scope, receive, send)
            return
        self._at_once += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_once -= 1

    def _check(self, request: Request) -> None:
        # Not request.url, which is made of the Host header too.
        headers, path = request.headers, str(request.scope["path"])
        client = client_of(request.client.host if request.client else "")
        self._rates.charge(client, 1)
        if self._at_once >= _MOST_AT_ONCE:
            raise ApiError(503, "busy", "too much at once: try again", {"Retry-After": "1"})
        host = _checked_host(headers, loopback_only=not self._sessions.needed)
        if path.startswith(API):
            _check_site(request.method, headers, host)
        if (
            path.startswith(API)
            and path not in self._public
            and not self._sessions.admits(headers.get("authorization"), request.cookies)
        ):
            if "authorization" in headers:
                self._rates.charge(client, WRONG_TOKEN)
            raise ApiError(
                401,
                "token_required",
                "this needs the token that lookalike serve printed: send it as "
                "'Authorization: Bearer TOKEN', or log in on the page",
                {"WWW-Authenticate": "Bearer"},
            )


def _checked_host(headers: Headers, *, loopback_only: bool) -> str:
    """The name that the client calls us by.

    Without a token only names of this very machine are answered to: a page of another site can
    let its own name point here (DNS rebinding), and would be taken for one of ours.
    """
    host = headers.get("host", "")
    found = _HOST.match(host)
    if not found:
        raise ApiError(400, "bad_host", "the Host header is missing or is no name")
    if loopback_only:
        if not is_loopback(found.group(1)):
            raise ApiError(
                421,
                "wrong_host",
                f"this is not {found.group(1)}: ask 127.0.0.1 or localhost, or start "
                "lookalike serve with --token to be reached by other names",
            )
        if any(name in headers for name in _FORWARDED):
            raise ApiError(
                403,
                "proxied",
                "a proxy asks for others: start lookalike serve with --token",
            )
    return host


def _check_site(method: str, headers: Headers, host: str) -> None:
    """Refuse what a page of another site lets the user's browser ask."""
    site = headers.get("sec-fetch-site", "")
    if site == "same-origin":
        return  # browsers let no page write this header
    origin = headers.get("origin")
    own = origin is None or origin.partition("://")[2].lower() == host.lower()
    if site in ("cross-site", "same-site") or (method not in _SAFE and not own):
        raise ApiError(
            403,
            "cross_origin",
            "pages of other sites may not ask: use the page of this server, or a program",
        )


def is_loopback(name: str) -> bool:
    """Whether a host's name or address, in brackets or not, means this very machine."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
