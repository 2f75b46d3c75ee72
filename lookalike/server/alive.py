"""Whether the server lives, and whether it is ready: for who keeps it running."""

from __future__ import annotations

from typing import Final

from anyio import move_on_after, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lookalike.errors import LookalikeError
from lookalike.server.answers import ApiError, Json
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Arguments
from lookalike.server.logs import ENDPOINT
from lookalike.server.records import Health

__all__ = ["ALIVE", "livez", "readyz", "routes"]

_SECONDS = 2.0  # that the library may take to say a word

ALIVE: Final = ("/livez", "/readyz", f"{PREFIX}/livez", f"{PREFIX}/readyz")
"""Paths that are answered whatever else is asked: no token, no rate, no place is needed."""


async def livez(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """That the server answers at all."""
    return Json(Health("ok", context.ready.is_set()))


async def readyz(_request: Request, context: Context, _arguments: Arguments) -> Response:
    """That a search would be answered, and as fast as any."""
    if not context.ready.is_set():
        raise _not_ready("models and kernels are being loaded: ask again in a few seconds")
    with move_on_after(_SECONDS):
        try:
            # Threads of its own: all others may be at work.
            await to_thread.run_sync(
                _open, context, limiter=context.looking, abandon_on_cancel=True
            )
        except (ApiError, LookalikeError) as error:
            raise _not_ready(
                "the library can't be read now: the log of the server says why"
            ) from error
        return Json(Health("ok", ready=True))
    raise _not_ready("the library takes too long to answer: ask again in a few seconds")


def routes() -> list[Route]:
    """The same where those who watch over servers look for it."""

    async def live(request: Request) -> Response:
        request.scope[ENDPOINT] = "GET /livez"
        return await livez(request, request.app.state.context, {})

    async def ready(request: Request) -> Response:
        request.scope[ENDPOINT] = "GET /readyz"
        return await readyz(request, request.app.state.context, {})

    return [Route("/livez", live), Route("/readyz", ready)]


def _open(context: Context) -> None:
    with context.shelf.volume() as volume:
        volume.library.identity()


def _not_ready(message: str) -> ApiError:
    return ApiError(503, "not_ready", message, {"Retry-After": "2"})
