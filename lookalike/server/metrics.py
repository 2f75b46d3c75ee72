"""Figures on the running server, in the form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from anyio import to_thread
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lookalike.errors import LookalikeError
from lookalike.server.answered import Answered
from lookalike.server.answers import ApiError
from lookalike.server.context import Context
from lookalike.server.lines import LINE, Lines
from lookalike.server.logs import ENDPOINT
from lookalike.server.pages import METRICS

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics(Collector):
    """Counts requests, and looks at the rest when it is asked for.

    Args:
        context: the parts of the server.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lines: Lines | None = None
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "lookalike_requests",
            "Requests that were answered.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "lookalike_request_seconds",
            "Time from the headers of a request to the end of its answer.",
            ("endpoint",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(self)

    def watching(self, app: ASGIApp) -> ASGIApp:
        """An application whose requests are counted."""

        async def watch(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            answered = Answered(send)
            line = scope.get("state", {}).get(LINE)
            if line is not None:
                self._lines = line.lines

            try:
                await app(scope, receive, answered.send)
            finally:
                # By the address in the document, not by the one asked for: those are endless.
                endpoint = scope.get(ENDPOINT, "other")
                self._requests.labels(endpoint, str(answered.status or 499)).inc()
                self._seconds.labels(endpoint).observe(answered.seconds)

        return watch

    def route(self) -> Route:
        """The address that gives them."""

        async def give(request: Request) -> Response:
            request.scope[ENDPOINT] = METRICS
            text = await to_thread.run_sync(partial(generate_latest, self._registry))
            return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

        return Route(METRICS, give)

    def collect(self) -> Iterator[Metric]:
        """What there is at the moment."""
        context = self._context
        places = GaugeMetricFamily(
            "lookalike_places", "Work that is done, and that waits.", labels=("work", "state")
        )
        for work, of in (("search", context.searching), ("thumbnail", context.shrinking)):
            places.add_metric((work, "running"), of.running)
            places.add_metric((work, "waiting"), of.waiting)
        yield places
        bodies = context.uploading
        yield GaugeMetricFamily("lookalike_bodies", "Bodies in memory.", bodies.count)
        yield GaugeMetricFamily("lookalike_body_bytes", "Memory that they take.", bodies.bytes)
        if self._lines is not None:
            lines = self._lines
            yield GaugeMetricFamily("lookalike_connections", "Open connections.", lines.count)
            yield GaugeMetricFamily("lookalike_connections_most", "Their limit.", lines.most)
            yield CounterMetricFamily(
                "lookalike_connections_refused", "Connections there was no room for.", lines.refused
            )
            yield CounterMetricFamily(
                "lookalike_connections_ended", "Connections that took too long.", lines.ended
            )
        yield GaugeMetricFamily(
            "lookalike_ready", "Whether a search would be fast.", int(context.ready.is_set())
        )
        try:
            with context.shelf.volume() as volume:
                count = volume.library.pictures.count()
        except (ApiError, LookalikeError):
            return
        yield GaugeMetricFamily("lookalike_pictures", "Pictures of the library.", count)
