"""A library: pictures, their codes and the search over them."""

from lookalike.library.checking import CheckReport, Problem, RepairReport, Saved
from lookalike.library.duplicates.records import (
    DuplicateMember,
    Duplicates,
    DuplicatesProgress,
    GroupKind,
    Hub,
    KeptPicture,
    PictureGroup,
    RuleStep,
)
from lookalike.library.duplicates.rules import Rules
from lookalike.library.filters import Filter
from lookalike.library.ledger import LedgerGroup
from lookalike.library.library import Library
from lookalike.library.overlap import Overlap, Shared
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
from lookalike.library.verdicts import Imported
from lookalike.library.watched import Watched

__all__ = [
    "Change",
    "CheckReport",
    "CodeStatus",
    "DuplicateMember",
    "Duplicates",
    "DuplicatesProgress",
    "Filter",
    "FolderStatus",
    "GroupKind",
    "Hub",
    "Imported",
    "IndexReport",
    "KeptPicture",
    "LedgerEntry",
    "LedgerGroup",
    "LeftOut",
    "Library",
    "LossEntry",
    "Overlap",
    "PictureGroup",
    "PictureInfo",
    "Pictures",
    "Problem",
    "Progress",
    "RepairReport",
    "RuleStep",
    "Rules",
    "Saved",
    "SearchResult",
    "Shared",
    "Status",
    "Watched",
]
