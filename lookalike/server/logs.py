"""The log of requests: what was asked, by whom, what became of it, and how long it took."""

from __future__ import annotations

import logging
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.server.answered import Answered

__all__ = ["CLIENT", "ENDPOINT", "RequestLog"]

CLIENT: Final = "lookalike.client"
"""Under which a request's scope holds who asks, once that is known."""

ENDPOINT: Final = "lookalike.endpoint"
"""Under which a request's scope holds the address in the document that it reached."""

_log = logging.getLogger(__name__)

_LONGEST = 200  # letters of a path


class RequestLog:
    """Logs every request: no query and no header, since those may hold what is nobody's business.

    Args:
        app: what comes after.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http" or not _log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        answered = Answered(send)
        try:
            await self._app(scope, receive, answered.send)
        finally:
            client = scope.get(CLIENT) or (scope["client"] or ("an unknown client",))[0]
            # As it came, in escapes: a path that is decoded may hold the ends of lines.
            path = scope["raw_path"].decode("ascii", "replace")
            _log.info(
                "%s %s %s, %.1f ms, %s",
                scope["method"][:20],
                path if len(path) <= _LONGEST else f"{path[:_LONGEST]}...",
                answered.status or "no answer",
                answered.seconds * 1000,
                client,
            )
