"""All addresses of the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lookalike.library.list_store import ORDERS
from lookalike.server import about, alive, pages, pictures, searches
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Endpoint, Query, read_arguments
from lookalike.server.logs import ENDPOINT
from lookalike.server.parameters import FITTING, SEARCHING, SIZE
from lookalike.server.routes_lists import LISTS
from lookalike.server.routes_searching import SEARCHES
from lookalike.server.routes_tidying import TIDYING
from lookalike.server.scopes import check_scope
from lookalike.server.visitors import here

__all__ = ["ENDPOINTS", "public_paths", "routes"]

ENDPOINTS: tuple[Endpoint, ...] = (
    *SEARCHES,
    Endpoint(
        "GET",
        "/pictures",
        pictures.pictures,
        "The pictures of the library, page by page.",
        "PicturePage",
        query=(
            Query("limit", "Pictures on the page, at most.", 60, "integer", least=1, most=1000),
            Query("after", "The 'next' of the page before.", None),
            Query(
                "order",
                "By when the library came to know them, when they were taken, path or size.",
                "oldest",
                choices=ORDERS,
            ),
            Query(
                "skip",
                "Pictures that are passed over, behind 'after' if that is given.",
                0,
                "integer",
                least=0,
                most=100_000_000,
            ),
            *FITTING,
            Query("ids", "Only these, at most 100, in this order; nothing else counts then.", None),
        ),
    ),
    Endpoint(
        "GET",
        "/pictures/{id}",
        pictures.details,
        "All about one picture.",
        "PictureDetails",
        query=(Query("position", "Whether it is said where it was taken, too.", False, "boolean"),),
    ),
    Endpoint(
        "GET",
        "/pictures/{id}/similar",
        searches.results,
        "Search by a picture of the library, which itself is left out.",
        "SearchResult",
        query=SEARCHING,
        errors=(422,),
        points=5,
    ),
    Endpoint(
        "GET",
        "/pictures/{id}/thumbnail",
        pictures.thumbnail,
        "A small copy, without metadata.",
        "image/jpeg",
        query=(SIZE,),
        errors=(410, 422),
        tagged=True,
    ),
    Endpoint(
        "GET",
        "/pictures/{id}/original",
        pictures.original,
        "The file, byte for byte as it was indexed.",
        "*/*",
        query=(Query("download", "Have it saved also where it could be shown.", False, "boolean"),),
        errors=(410, 416),
        tagged=True,
        ranged=True,
    ),
    *LISTS,
    *TIDYING,
    Endpoint("GET", "/status", about.status, "What the library holds.", "Status"),
    Endpoint("GET", "/health", about.health, "Whether the server answers.", "Health", public=True),
    Endpoint(
        "GET",
        "/livez",
        alive.livez,
        "Whether the server lives; never refused.",
        "Health",
        public=True,
    ),
    Endpoint(
        "GET",
        "/readyz",
        alive.readyz,
        "Whether a search would be answered now; never refused.",
        "Health",
        public=True,
    ),
    Endpoint(
        "GET",
        "/openapi.json",
        about.document,
        "This interface in the form of OpenAPI.",
        "application/json",
        tagged=True,
        public=True,
    ),
    Endpoint(
        "POST",
        "/login",
        about.login,
        "Give the token, get a cookie: for the page.",
        None,
        status=204,
        body="Token",
        errors=(401,),
        public=True,
    ),
    Endpoint(
        "POST", "/logout", about.logout, "Take the cookie away.", None, status=204, public=True
    ),
)


def public_paths() -> list[str]:
    """Paths that need no token."""
    return [PREFIX + endpoint.path for endpoint in ENDPOINTS if endpoint.public]


def routes() -> list[Route]:
    """The addresses for Starlette."""
    interface = [
        Route(PREFIX + endpoint.path, _answering(endpoint), methods=[endpoint.method])
        for endpoint in ENDPOINTS
    ]
    return [*interface, *alive.routes(), *pages.routes()]


def _answering(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    address = f"{endpoint.method} {PREFIX}{endpoint.path}"

    async def answer(request: Request) -> Response:
        request.scope[ENDPOINT] = address
        context: Context = request.app.state.context
        if not endpoint.public:
            check_scope(context, endpoint.scope)
        if endpoint.points > 1:  # the first point is taken before
            here().charge(endpoint.points - 1)
        return await endpoint.handler(request, context, read_arguments(request, endpoint))

    return answer
