"""Addresses of searches, of pictures that are sent, and of pairs."""

from __future__ import annotations

from lookalike.server import asking, comparing, searches
from lookalike.server.endpoints import Endpoint
from lookalike.server.parameters import (
    ALL,
    CODE,
    FITTING,
    KIND,
    MAX_CHANCE,
    PAIR,
    SEARCHING,
    SIZE,
    WORDS,
    K,
)

__all__ = ["SEARCHES"]

SEARCHES: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/search",
        searches.search,
        "Search by a picture that is sent: the same, edited and similar ones, best first.",
        "SearchResult",
        query=(K, CODE, ALL, MAX_CHANCE, *FITTING, KIND),
        body="picture",
        points=5,
    ),
    Endpoint(
        "POST",
        "/queries",
        asking.keep,
        "Send a picture once, to search by it as often as wanted.",
        "QueryRecord",
        status=201,
        body="picture",
        points=5,
    ),
    Endpoint(
        "GET", "/queries/{id}", asking.kept, "A picture that was sent to search by.", "QueryRecord"
    ),
    Endpoint(
        "GET",
        "/queries/{id}/results",
        searches.results,
        "Search by a picture that was sent.",
        "SearchResult",
        query=SEARCHING,
        errors=(422,),
        points=5,
    ),
    Endpoint(
        "GET",
        "/queries/{id}/thumbnail",
        asking.thumbnail,
        "A small copy of a picture that was sent, without metadata.",
        "image/jpeg",
        query=(SIZE,),
        errors=(422,),
        tagged=True,
    ),
    Endpoint(
        "DELETE",
        "/queries/{id}",
        asking.forget,
        "Forget a picture that was sent.",
        None,
        status=204,
    ),
    Endpoint(
        "GET",
        "/text",
        searches.by_text,
        "Search by words, where the library's model knows texts.",
        "SearchResult",
        query=WORDS,
        errors=(409,),
        points=5,
    ),
    Endpoint(
        "POST",
        "/thumbnail",
        searches.shrink,
        "A small copy of a picture that is sent, for what a browser can't show.",
        "image/jpeg",
        query=(SIZE,),
        body="picture",
        points=5,
    ),
    Endpoint(
        "GET",
        "/compare",
        comparing.compare,
        "Compare two pictures, pixel by pixel.",
        "PairComparison",
        query=PAIR,
        errors=(404, 422),
        points=5,
    ),
    Endpoint(
        "GET",
        "/compare/drawing",
        comparing.drawing,
        "Two pictures laid the same way, side by side, with what differs marked.",
        "image/jpeg",
        query=PAIR,
        errors=(404, 422),
        points=5,
    ),
)
