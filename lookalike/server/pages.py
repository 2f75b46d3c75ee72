"""The web page: fixed files, which ask the interface for everything that changes.

There is one document for all addresses of the page; its script looks at the address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lookalike.server.fixed import Fixed
from lookalike.server.logs import ENDPOINT

__all__ = ["METRICS", "PAGES", "routes"]

METRICS: Final = "/metrics"
"""Where figures on the server are, if it gives them."""

PAGES: Final = {
    "/": "/api/v1/pictures",
    "/pictures/{id}": "/api/v1/pictures/{id}/similar",
    "/queries/{id}": "/api/v1/queries/{id}/results",
    "/text": "/api/v1/text",
    "/compare": "/api/v1/compare",
    "/library": "/api/v1/pictures",
    "/library/state": "/api/v1/status",
    "/duplicates": "/api/v1/duplicates",
    "/duplicates/plan": "/api/v1/journal",
    "/map": "/api/v1/map",
}
"""Addresses of the page, and for each where the same is as JSON."""

# Not from the system's table, which on Windows anybody may have changed.
_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def routes() -> list[Route]:
    """The addresses of the page and its files; all are read now and kept."""
    folder = resources.files("lookalike.server") / "static"
    files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    return [
        *(Route(path, _giving("index.html", files["index.html"])) for path in PAGES),
        *(
            Route(f"/static/{name}", _giving(name, data))
            for name, data in files.items()
            if name != "index.html"
        ),
    ]


def _giving(name: str, data: bytes) -> Callable[[Request], Awaitable[Response]]:
    kind = _TYPES[name[name.rindex(".") :]]
    fixed = Fixed(data, kind, {"Cache-Control": "no-cache"})

    async def give(request: Request) -> Response:
        request.scope[ENDPOINT] = "page"
        return fixed.answer(request)

    return give
