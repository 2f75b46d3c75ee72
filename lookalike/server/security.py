"""What every request passes before anything looks at it, and what every answer carries."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.server.answers import ApiError
from lookalike.server.lines import LINE
from lookalike.server.logs import CLIENT
from lookalike.server.places import busy
from lookalike.server.proxies import Proxies, was_forwarded
from lookalike.server.rates import Rates, client_of
from lookalike.server.sessions import Sessions
from lookalike.server.strangers import Strangers
from lookalike.server.visitors import VISITOR, Visitor

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
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))

# Requests that are being answered; those that need no token are not counted.
_MOST_AT_ONCE = 256
_MOST_OF_ONE = 128


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
        sessions: checks the tokens.
        rates: of clients.
        strangers: slows down who has no token.
        proxies: those that are trusted.
        public: paths of the interface that need no token.
        alive: paths that nothing is asked for: whether the server lives is said at any time.
        private: paths outside the interface that need the token.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        rates: Rates,
        strangers: Strangers,
        proxies: Proxies,
        public: Collection[str],
        alive: Collection[str],
        private: Collection[str] = (),
    ) -> None:
        self._app = app
        self._sessions, self._rates = sessions, rates
        self._strangers, self._proxies = strangers, proxies
        self._public, self._alive = frozenset(public), frozenset(alive)
        self._private = frozenset(private)
        self._at_once: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["path"] in self._alive:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        peer = request.client.host if request.client else ""
        address, https = self._proxies.client(peer, request.headers)
        client = client_of(address)
        scope[CLIENT] = client
        try:
            visitor = await self._visitor(request, client)
        except ApiError as error:
            await error.response()(scope, receive, send)
            return
        before = VISITOR.set(replace(visitor, address=address, https=https))
        try:
            if self._is_open(request.scope["path"]):  # cheap, and not to be had by being many
                await self._app(scope, receive, send)
            else:
                await self._counted(visitor.name, scope, receive, send)
        finally:
            VISITOR.reset(before)

    def _is_open(self, path: str) -> bool:
        """Whether a path takes no token, and tells nothing of the library."""
        return path in self._public or not (path.startswith(API) or path in self._private)

    async def _counted(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        if self._at_once.total() >= _MOST_AT_ONCE or self._at_once[name] >= _MOST_OF_ONE:
            await busy().response()(scope, receive, send)
            return
        self._at_once[name] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_once[name] -= 1
            if not self._at_once[name]:
                del self._at_once[name]

    async def _visitor(self, request: Request, client: str) -> Visitor:
        """Who asks, if that may be answered."""
        # Not request.url, which is made of the Host header too.
        headers, path = request.headers, str(request.scope["path"])
        host = _checked_host(request, loopback_only=not self._sessions.needed)
        if path.startswith(API) or path in self._private:
            _check_site(request.method, headers, host)
        elsewhere = any(map(_is_elsewhere, _sites(headers)))
        by_page = path.startswith(API) or headers.get("sec-fetch-site") == "same-origin"
        if not self._sessions.needed and elsewhere and by_page:
            raise _proxied()
        authorization = headers.get("authorization")
        known = self._sessions.admits(authorization, request.cookies)
        if known is None:
            if self._is_open(path):
                # Logging in costs nothing: the right token is let in whoever else asks from here.
                if not path.endswith("/login"):
                    await self._strangers.asked(request, client, "the page")
                return Visitor(client, client, frozenset(), rates=self._rates)
            if self._sessions.guessed(authorization):
                await self._strangers.guessed(request, client)
            else:
                await self._strangers.asked(request, client, "what takes it")
            raise ApiError(
                401,
                "token_required",
                "this needs the token of this server: send it as "
                "'Authorization: Bearer TOKEN', or log in on the page",
                {"WWW-Authenticate": "Bearer"},
            )
        # Who has the token shares nothing with who hasn't, though both come from one address.
        name = f"{client}, with the token" if self._sessions.needed else client
        self._rates.charge(name, 1)
        line = request.scope.get("state", {}).get(LINE)
        if line is not None and self._sessions.needed:
            line.proven = True
        return Visitor(name, client, known.scopes, known.session, rates=self._rates)


def _checked_host(request: Request, *, loopback_only: bool) -> str:
    """The name that the client calls us by.

    Without a token only names of this very machine are answered to: a page of another site can
    let its own name point here (DNS rebinding), and would be taken for one of ours. Nor is a proxy
    answered, which would let others in: by what it adds, by the version of HTTP that simple ones
    speak and no browser does, or by the site that the browser behind it takes us for.
    """
    headers = request.headers
    host = headers.get("host", "")
    if loopback_only and request.scope["http_version"] not in ("1.1", "2"):
        raise _proxied()
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
        if was_forwarded(headers):
            raise _proxied()
    return host


def _proxied() -> ApiError:
    return ApiError(
        403,
        "proxied",
        "a proxy asks for others, or a program that speaks HTTP/1.0: start lookalike serve with "
        "--token, and with --behind-proxy",
    )


def _sites(headers: Headers) -> list[str]:
    """What the page that asks says of where it is."""
    return [headers[name] for name in ("origin", "referer") if name in headers]


def _is_elsewhere(site: str) -> bool:
    """Whether a page is on another machine, by the name that its browser knows it by."""
    scheme, found, rest = site.partition("://")
    name = _HOST.match(re.split(r"[/?#]", rest)[0])
    # Origins of other kinds are those of other sites, which are told apart later.
    return bool(found) and scheme in ("http", "https") and not (name and is_loopback(name[1]))


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
