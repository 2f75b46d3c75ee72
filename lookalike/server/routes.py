"""All addresses of the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lookalike.server import about, pages, pictures, searches
from lookalike.server.context import Context
from lookalike.server.endpoints import PREFIX, Endpoint, Query, read_arguments
from lookalike.server.rates import client_of
from lookalike.server.thumbnails import SIZES

__all__ = ["ENDPOINTS", "public_paths", "routes"]

_K = Query("k", "Hits at most.", 20, "integer", least=1, most=1000)
_CODE = Query(
    "code",
    "Which code to ask: pdq for the same picture, also edited; photo for what looks alike.",
    "both",
    choices=("pdq", "photo", "both"),
)

_ALL = Query(
    "all", "Whether hits are given that are no nearer than unrelated pictures.", False, "boolean"
)
_MAX_CHANCE = Query(
    "max_chance",
    "Leave out alike hits with a greater chance, in place of the usual line.",
    None,
    "number",
)

_FITTING = (
    Query("under", "Only pictures in this folder or below.", None),
    Query("taken", "Only pictures taken then, such as 2019 or 2019-06..2021.", None),
    Query("larger", "Only pictures of at least this size, such as 2MP or 1920x1080.", None),
    Query("format", "Only pictures of these formats, such as jpeg,heic.", None),
)
_KIND = Query("kind", "Only hits of these kinds, such as edited,part.", None)

_SIZE = Query("size", "Pixels of the longer side, at most.", 256, "integer", choices=SIZES)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/search",
        searches.search,
        "Search by a picture that is sent: the same, edited and similar ones, best first.",
        "SearchResult",
        query=(_K, _CODE, _ALL, _MAX_CHANCE, *_FITTING, _KIND),
        body="picture",
        points=5,
    ),
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
                "By when the library came to know them.",
                "oldest",
                choices=("oldest", "newest"),
            ),
            *_FITTING,
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
        searches.similar,
        "Search by a picture of the library, which itself is left out.",
        "SearchResult",
        query=(_K, _CODE, _ALL, _MAX_CHANCE, *_FITTING, _KIND),
        errors=(410, 422),
        points=5,
    ),
    Endpoint(
        "GET",
        "/pictures/{id}/thumbnail",
        pictures.thumbnail,
        "A small copy, without metadata.",
        "image/jpeg",
        query=(_SIZE,),
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
        errors=(410,),
        tagged=True,
    ),
    Endpoint(
        "POST",
        "/thumbnail",
        searches.shrink,
        "A small copy of a picture that is sent, for what a browser can't show.",
        "image/jpeg",
        query=(_SIZE,),
        body="picture",
        points=5,
    ),
    Endpoint("GET", "/status", about.status, "What the library holds.", "Status"),
    Endpoint("GET", "/health", about.health, "Whether the server answers.", "Health", public=True),
    Endpoint(
        "GET",
        "/openapi.json",
        about.document,
        "This interface in the form of OpenAPI.",
        "application/json",
        public=True,
    ),
    Endpoint(
        "POST",
        "/login",
        about.login,
        "Give the token, get a cookie: for the page.",
        None,
        status=204,
        body="token",
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
    return [*interface, *pages.routes()]


def _answering(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        context: Context = request.app.state.context
        if endpoint.points > 1:  # the first point is taken before
            address = request.client.host if request.client else ""
            context.rates.charge(client_of(address), endpoint.points - 1)
        return await endpoint.handler(request, context, read_arguments(request, endpoint))

    return answer
