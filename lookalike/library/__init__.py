"""A library: pictures, their codes and the search over them."""

from lookalike.library.checking import CheckReport, Problem, RepairReport, Saved
from lookalike.library.filters import Filter
from lookalike.library.ledger import LedgerGroup
from lookalike.library.library import Library
from lookalike.library.pictures import Pictures
from lookalike.library.records import PictureInfo
from lookalike.library.reports import (
    CodeStatus,
    FolderStatus,
    IndexReport,
    LedgerEntry,
    LeftOut,
    Progress,
    SearchResult,
    Status,
)
from lookalike.library.run_records import Change, LossEntry

__all__ = [
    "Change",
    "CheckReport",
    "CodeStatus",
    "Filter",
    "FolderStatus",
    "IndexReport",
    "LedgerEntry",
    "LedgerGroup",
    "LeftOut",
    "Library",
    "LossEntry",
    "PictureInfo",
    "Pictures",
    "Problem",
    "Progress",
    "RepairReport",
    "Saved",
    "SearchResult",
    "Status",
]
