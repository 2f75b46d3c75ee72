"""The server as an ASGI application."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from lookalike.library.opening import Location
from lookalike.server.context import Context
from lookalike.server.faults import HANDLERS
from lookalike.server.openapi import describe
from lookalike.server.places import Places
from lookalike.server.rates import Rates
from lookalike.server.routes import ENDPOINTS, public_paths, routes
from lookalike.server.security import Guard, SafeHeaders
from lookalike.server.sessions import Sessions
from lookalike.server.settings import Settings
from lookalike.server.shelf import Shelf
from lookalike.server.thumbnails import Thumbnails

__all__ = ["create_app"]

_log = logging.getLogger(__name__)

_UPLOADS = 4  # that are taken in while as many searches as there are workers go on


def create_app(library: Location, settings: Settings | None = None) -> ASGIApp:
    """An application that serves a library.

    Args:
        library: its location, such as the path of its file.
        settings: without a token everybody who reaches the server may ask, under the names of this
            machine only: so listen on loopback.

    Raises:
        LibraryError: there is no library, or it can't be opened.
    """
    settings = settings or Settings()
    context = Context(
        settings=settings,
        shelf=Shelf(library, settings.limits, settings.workers),
        thumbnails=Thumbnails(settings.limits, settings.workers, settings.thumbnail_bytes),
        sessions=Sessions(settings.token, settings.port),
        rates=Rates(settings.rate, settings.burst),
        searching=Places(settings.workers, settings.waiting),
        shrinking=Places(settings.workers, settings.waiting),
        uploading=Places(settings.workers + _UPLOADS, settings.waiting),
        document=describe(ENDPOINTS),
    )
    guard = Middleware(Guard, sessions=context.sessions, rates=context.rates, public=public_paths())
    app = Starlette(
        routes=routes(),
        middleware=[guard],
        exception_handlers=HANDLERS,
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.context = context
    # Around everything, so that no answer goes out without them.
    return SafeHeaders(app)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Warm up while the first requests may come already; end the child processes."""
    context: Context = app.state.context
    warming = threading.Thread(target=_warm, args=(context,), name="lookalike-warm", daemon=True)
    warming.start()
    try:
        yield
    finally:
        context.thumbnails.close()
        await to_thread.run_sync(context.shelf.close)


def _warm(context: Context) -> None:
    try:
        context.thumbnails.warm()
        context.shelf.warm()
    except Exception as error:  # in a thread of its own nobody else would hear of it
        _log.error("can't warm up", exc_info=error)
    context.ready.set()
