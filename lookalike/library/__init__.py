"""A library: pictures, their codes and the search over them."""

from lookalike.library.library import Library
from lookalike.library.pictures import Pictures
from lookalike.library.records import PictureInfo
from lookalike.library.reports import (
    CodeStatus,
    FolderStatus,
    IndexReport,
    LedgerEntry,
    Progress,
    SearchResult,
    Status,
)

__all__ = [
    "CodeStatus",
    "FolderStatus",
    "IndexReport",
    "LedgerEntry",
    "Library",
    "PictureInfo",
    "Pictures",
    "Progress",
    "SearchResult",
    "Status",
]
