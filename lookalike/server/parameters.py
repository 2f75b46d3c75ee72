"""Parameters that several addresses take."""

from __future__ import annotations

from lookalike.server.endpoints import Query
from lookalike.server.thumbnails import SIZES

__all__ = [
    "ALL",
    "CODE",
    "FITTING",
    "KIND",
    "MAX_CHANCE",
    "PAIR",
    "SEARCHING",
    "SIZE",
    "WORDS",
    "K",
]

K = Query("k", "Hits at most.", 20, "integer", least=1, most=1000)
CODE = Query(
    "code",
    "Which code to ask: pdq for the same picture, also edited; photo for what looks alike.",
    "both",
    choices=("pdq", "photo", "both"),
)

ALL = Query(
    "all", "Whether hits are given that are no nearer than unrelated pictures.", False, "boolean"
)
MAX_CHANCE = Query(
    "max_chance",
    "Leave out alike hits with a greater chance, in place of the usual line.",
    None,
    "number",
)

FITTING = (
    Query("under", "Only pictures in this folder or below.", None),
    Query("taken", "Only pictures taken then, such as 2019 or 2019-06..2021.", None),
    Query("larger", "Only pictures of at least this size, such as 2MP or 1920x1080.", None),
    Query("format", "Only pictures of these formats, such as jpeg,heic.", None),
)
KIND = Query("kind", "Only hits of these kinds, such as edited,part.", None)

_AFTER = Query(
    "after",
    "Hits that were passed: the 'next' of the answer before.",
    0,
    "integer",
    least=0,
    most=9_000,
)

SEARCHING = (
    K,
    _AFTER,
    CODE,
    ALL,
    MAX_CHANCE,
    *FITTING,
    KIND,
    Query(
        "look",
        "Whether hits are compared by their pixels; without, they come much sooner, unverified.",
        True,
        "boolean",
    ),
    Query("part", "Search by this part of it: left,top,right,bottom as shares of the sides.", None),
    Query("more", "Ids of pictures or queries that hits shall be like, too.", None),
    Query("less", "Ids of pictures or queries that hits shall not be like.", None),
)

WORDS = (
    Query("text", "What the pictures show, best in the words of a caption.", None, needed=True),
    K,
    _AFTER,
    *FITTING,
)

PAIR = (
    Query("a", "The id of a picture or of a query.", None, needed=True),
    Query("b", "The id of another one.", None, needed=True),
)

SIZE = Query("size", "Pixels of the longer side, at most.", 256, "integer", choices=SIZES)
