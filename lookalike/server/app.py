"""The server as an ASGI application."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from lookalike.library.opening import Location
from lookalike.server.alive import ALIVE
from lookalike.server.answers import Json
from lookalike.server.bodies import Bodies
from lookalike.server.context import Context
from lookalike.server.faults import HANDLERS
from lookalike.server.fixed import Fixed
from lookalike.server.logs import RequestLog
from lookalike.server.openapi import describe
from lookalike.server.pages import METRICS
from lookalike.server.places import Places
from lookalike.server.proxies import Proxies
from lookalike.server.queries import Queries
from lookalike.server.rates import Rates
from lookalike.server.routes import ENDPOINTS, public_paths, routes
from lookalike.server.security import Guard, SafeHeaders
from lookalike.server.sessions import Sessions
from lookalike.server.settings import Settings
from lookalike.server.shelf import Shelf
from lookalike.server.strangers import Strangers
from lookalike.server.thumbnails import Thumbnails
from lookalike.server.visitors import OPEN_SCOPES, READ_SCOPES

__all__ = ["create_app"]

if TYPE_CHECKING:
    from lookalike.server.metrics import Metrics

_log = logging.getLogger(__name__)

_WORTH_PACKING = 1_000  # bytes
_PACKED_ALREADY = ("image/*", "application/octet-stream", "text/event-stream")

_RATE = 100.0  # requests a second of who has no token, where there is no other limit
_LOOKING = 2  # threads that answer whether the library is there


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
        # One child more than there are workers: it serves who would wait for a single other client.
        shelf=Shelf(
            library,
            settings.limits,
            settings.workers + 1,
            read_only=settings.read_only,
            short_list=settings.short_list,
        ),
        thumbnails=Thumbnails(settings.limits, settings.workers + 1, settings.thumbnail_bytes),
        sessions=Sessions(
            settings.token,
            settings.port,
            settings.change_token,
            settings.invitation,
            READ_SCOPES if settings.read_only else OPEN_SCOPES,
        ),
        rates=Rates(settings.rate, settings.burst),
        searching=Places(settings.workers, settings.waiting),
        shrinking=Places(settings.workers, settings.waiting),
        uploading=Bodies(max(settings.held_bytes, 2 * settings.upload_bytes)),
        strangers=Strangers(
            settings.rate or _RATE,  # which is lifted for who has the token only
            settings.burst or _RATE,
            settings.wrong_tokens,
            settings.hold_seconds,
        ),
        looking=CapacityLimiter(_LOOKING),
        document=Fixed(bytes(Json(describe(ENDPOINTS)).body), "application/json"),
        queries=Queries(settings.queries, settings.query_bytes, settings.query_seconds),
    )
    guard = Middleware(
        Guard,
        sessions=context.sessions,
        rates=context.rates,
        strangers=context.strangers,
        proxies=Proxies(settings.proxies),
        public=public_paths(),
        alive=ALIVE,
        private=[METRICS],
    )
    packing = Middleware(
        GZipMiddleware,
        minimum_size=_WORTH_PACKING,
        compresslevel=6,
        exclude_content_types=_PACKED_ALREADY,
    )
    metrics = _metrics(context) if settings.metrics else None
    app = Starlette(
        routes=[*routes(), *([metrics.route()] if metrics else [])],
        middleware=[guard, packing],
        exception_handlers=HANDLERS,
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.context = context
    # Around everything, so that no answer goes out without them.
    outer: ASGIApp = RequestLog(SafeHeaders(app))
    return outer if metrics is None else metrics.watching(outer)


def _metrics(context: Context) -> Metrics:
    """The figures for Prometheus; nobody else pays for its package."""
    from lookalike.server.metrics import Metrics

    return Metrics(context)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Warm up while the first requests may come already; end the child processes."""
    context: Context = app.state.context
    warming = threading.Thread(target=_warm, args=(context,), name="lookalike-warm", daemon=True)
    warming.start()
    try:
        yield
    finally:
        await to_thread.run_sync(context.jobs.close)
        context.thumbnails.close()
        await to_thread.run_sync(context.shelf.close)


def _warm(context: Context) -> None:
    try:
        context.thumbnails.warm()
        context.shelf.warm()
    except Exception as error:  # in a thread of its own nobody else would hear of it
        _log.error("can't warm up", exc_info=error)
    context.ready.set()
