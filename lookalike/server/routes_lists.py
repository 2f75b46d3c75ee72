"""Addresses of what the library holds by month and folder, and of what it doesn't hold."""

from __future__ import annotations

from lookalike.server import lists, maps
from lookalike.server.endpoints import Endpoint, Query
from lookalike.server.parameters import FITTING

__all__ = ["LISTS"]

LISTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/timeline",
        lists.timeline,
        "How many pictures were taken in each month.",
        "Timeline",
        query=FITTING,
    ),
    Endpoint(
        "GET",
        "/folders",
        lists.folders,
        "The folders of the library, or those in one of them, and how many pictures they hold.",
        "FolderList",
        query=FITTING,
    ),
    Endpoint(
        "GET",
        "/ledger",
        lists.ledger,
        "Files that are not in the library, or not whole, by what is the matter.",
        "LedgerPage",
        query=(
            Query("group", "Only those of this group, such as access.", None),
            Query("limit", "Files on the page, at most.", 100, "integer", least=1, most=1000),
            Query("after", "Files that were passed.", 0, "integer", least=0, most=100_000_000),
        ),
    ),
    Endpoint(
        "GET",
        "/selftest",
        lists.selftest,
        "What the last self-test of this server found.",
        "SelfTestResult",
        errors=(409,),
    ),
    Endpoint(
        "GET",
        "/map",
        maps.show,
        "All pictures in the plane, as the last job of a map laid them out.",
        "Map",
        errors=(409,),
    ),
)
