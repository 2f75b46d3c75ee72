"""The web page: fixed files, which ask the interface for everything that changes.

There is one document for all addresses of the page; its script looks at the address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["PAGES", "routes"]

PAGES: Final = {
    "/": "/api/v1/pictures",
    "/search": "/api/v1/search",
    "/pictures/{id}": "/api/v1/pictures/{id}/similar",
    "/library": "/api/v1/status",
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
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}

    async def give(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type=kind, headers=headers)

    return give
