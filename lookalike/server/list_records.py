"""Months, folders, the ledger and the self-test, as the interface gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lookalike.fields import told
from lookalike.library.ledger import Group
from lookalike.server.records import ID, LedgerGroup, Skip

__all__ = [
    "FolderList",
    "LedgerItem",
    "LedgerPage",
    "Map",
    "MapPoint",
    "Month",
    "SelfTestResult",
    "Subfolder",
    "Timeline",
]

_COUNT = {"minimum": 0}
_TIME = {"format": "date-time"}


@dataclass(frozen=True, slots=True)
class Month:
    """The pictures of one month."""

    month: str = field(metadata=told("such as 2019-06", schema={"pattern": "^[0-9]{4}-[0-9]{2}$"}))
    pictures: int = field(metadata=told("that were taken in it", schema=_COUNT))
    skip: int = field(
        metadata=told("the 'skip' that begins with it, with order=-taken", schema=_COUNT)
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """When pictures were taken."""

    months: list[Month] = field(metadata=told("the last one first"))
    undated: int = field(metadata=told("pictures of which nobody knows", schema=_COUNT))
    total: int = field(metadata=told("pictures in all", schema=_COUNT))


@dataclass(frozen=True, slots=True)
class Subfolder:
    """A folder, with all that is below it."""

    path: str = field(metadata=told("absolute; bytes that aren't UTF-8 are lone surrogates"))
    name: str = field(metadata=told("its last part; of a folder of the library all of it"))
    pictures: int = field(metadata=told("in it and below", schema=_COUNT))
    folders: int = field(metadata=told("folders with pictures directly in it", schema=_COUNT))
    offline: bool = field(metadata=told("whether it can't be reached now"))


@dataclass(frozen=True, slots=True)
class FolderList:
    """The folders of the library, or those in one of them."""

    folders: list[Subfolder] = field(metadata=told("by path"))
    here: int = field(metadata=told("pictures in 'under' itself, and not below", schema=_COUNT))


@dataclass(frozen=True, slots=True)
class LedgerItem(Skip):
    """A file without a code, or one that was read with a loss."""

    group: Group = field(metadata=told("what is the matter with it"))


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Files that are not in the library, or not whole, by what is the matter."""

    groups: list[LedgerGroup] = field(metadata=told("all of them, counted"))
    files: list[LedgerItem]
    total: int = field(metadata=told("files that fit what was asked", schema=_COUNT))
    next: int | None = field(metadata=told("the 'after' of the next page; null on the last one"))


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """What the last self-test found."""

    result: Mapping[str, Any] = field(metadata=told("as of 'lookalike selftest --json'"))
    as_of: str = field(metadata=told("when it ended", schema=_TIME))
    stale: bool = field(metadata=told("whether the library has changed since"))


@dataclass(frozen=True, slots=True)
class MapPoint:
    """Where a picture is in the plane."""

    id: str = field(metadata=told("of the picture", schema=ID))
    x: int = field(metadata=told("to the right", schema={"minimum": 0, "maximum": 65_535}))
    y: int = field(metadata=told("downwards", schema={"minimum": 0, "maximum": 65_535}))


@dataclass(frozen=True, slots=True)
class Map:
    """All pictures in the plane: what looks alike is near."""

    points: list[MapPoint]
    as_of: str = field(metadata=told("when it was laid out", schema=_TIME))
    stale: bool = field(metadata=told("whether the library has changed since"))
