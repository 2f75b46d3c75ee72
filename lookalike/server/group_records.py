"""Groups of duplicates, decisions and plans, as the interface gives and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lookalike.actions.plan import Action
from lookalike.actions.planning import Refused
from lookalike.actions.runs import State
from lookalike.fields import same_as, told
from lookalike.library import (
    DuplicateMember,
    Duplicates,
    GroupKind,
    KeptPicture,
    PictureGroup,
    RuleStep,
)
from lookalike.match import Box, Match, NamedEdit
from lookalike.server.records import ID, Links, Picture

__all__ = [
    "ApplyRequest",
    "DuplicatesPage",
    "GroupRecord",
    "Journal",
    "JournalRun",
    "KeptRecord",
    "MemberRecord",
    "PlanChoice",
    "PlanLinks",
    "PlanRecord",
    "PlanRequest",
    "SettledGroup",
    "UndoRequest",
    "Verdict",
    "VerdictPair",
]


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """The picture of a group that is proposed to be kept."""

    id: str = field(metadata=same_as(Picture, "id"))
    name: str = field(metadata=same_as(Picture, "name"))
    path: str = field(metadata=same_as(Match, "path"))
    why: str = field(metadata=same_as(KeptPicture, "why"))
    bytes: int = field(metadata=same_as(KeptPicture, "bytes"))
    width: int = field(metadata=same_as(Match, "width"))
    height: int = field(metadata=same_as(Match, "height"))
    digest: str = field(metadata=same_as(KeptPicture, "digest"))
    member: str | None = field(metadata=same_as(Match, "member"))
    steps: list[RuleStep] = field(metadata=same_as(KeptPicture, "steps"))
    format: str = field(metadata=same_as(Picture, "format"))
    modified: str = field(metadata=same_as(Picture, "modified"))
    taken: str | None = field(metadata=same_as(Picture, "taken"))
    away: bool = field(metadata=same_as(Picture, "away"))
    links: Links


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A picture of a group beside the one that is proposed to be kept."""

    id: str = field(metadata=same_as(Picture, "id"))
    name: str = field(metadata=same_as(Picture, "name"))
    path: str = field(metadata=same_as(Match, "path"))
    kind: GroupKind = field(metadata=same_as(DuplicateMember, "kind"))
    distance: int | None = field(metadata=same_as(DuplicateMember, "distance"))
    chance: float | None = field(metadata=same_as(Match, "chance"))
    edits: list[NamedEdit] = field(metadata=same_as(DuplicateMember, "edits"))
    bytes: int = field(metadata=same_as(DuplicateMember, "bytes"))
    width: int = field(metadata=same_as(Match, "width"))
    height: int = field(metadata=same_as(Match, "height"))
    digest: str = field(metadata=same_as(DuplicateMember, "digest"))
    frees: bool = field(metadata=same_as(DuplicateMember, "frees"))
    member: str | None = field(metadata=same_as(Match, "member"))
    format: str = field(metadata=same_as(Picture, "format"))
    modified: str = field(metadata=same_as(Picture, "modified"))
    taken: str | None = field(metadata=same_as(Picture, "taken"))
    away: bool = field(metadata=same_as(Picture, "away"))
    boxes: list[Box] = field(metadata=same_as(DuplicateMember, "boxes"))
    links: Links


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """Pictures around the one that is proposed to be kept."""

    id: str = field(metadata=same_as(PictureGroup, "id"))
    kind: GroupKind = field(metadata=same_as(PictureGroup, "kind"))
    keep: KeptRecord = field(metadata=same_as(PictureGroup, "keep"))
    members: list[MemberRecord] = field(metadata=same_as(PictureGroup, "members"))
    bytes_to_free: int = field(metadata=same_as(PictureGroup, "bytes_to_free"))
    changed: str | None = field(
        metadata=told("of a group that was settled before: what changed in it since; else null")
    )


@dataclass(frozen=True, slots=True)
class DuplicatesPage:
    """Some groups of what the last search for duplicates found."""

    groups: list[GroupRecord]
    total: int = field(metadata=told("groups in all that fit what was asked"))
    bytes_to_free: int = field(metadata=told("by all of these together"))
    next: int | None = field(metadata=told("the 'after' of the next page; null on the last one"))
    pairs: int = field(metadata=same_as(Duplicates, "pairs"))
    pictures: int = field(metadata=same_as(Duplicates, "pictures"))
    exact: bool = field(metadata=same_as(Duplicates, "exact"))
    interrupted: bool = field(metadata=same_as(Duplicates, "interrupted"))
    settled: int = field(metadata=same_as(Duplicates, "settled"))
    beside: Mapping[str, int] = field(metadata=same_as(Duplicates, "beside"))
    kinds: list[str] = field(metadata=told("that were asked for"))
    under: str | None = field(metadata=told("the folder that was asked for; null for all"))
    as_of: str = field(metadata=told("when the search ended", schema={"format": "date-time"}))
    stale: bool = field(metadata=told("whether the library has changed since"))


@dataclass(frozen=True, slots=True)
class VerdictPair:
    """Two pictures."""

    a: str = field(metadata=told("id of one", schema=ID))
    b: str = field(metadata=told("id of the other", schema=ID))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What two pictures are to each other, whatever they look like."""

    a: str = field(metadata=told("id of one", schema=ID))
    b: str = field(metadata=told("id of the other", schema=ID))
    verdict: Literal["different"] = field(
        default="different", metadata=told("no duplicates", always_in_json=False)
    )


@dataclass(frozen=True, slots=True)
class SettledGroup:
    """A group that is fine as it is."""

    group: str = field(metadata=told("its id", schema={"pattern": "^[0-9a-f]{1,64}$"}))


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """What is chosen of one group."""

    keep: str = field(metadata=told("id of the picture to keep", schema=ID))
    remove: list[str] = field(metadata=told("ids of those to act on", schema={"items": ID}))


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made of."""

    groups: list[PlanChoice] | None = field(
        default=None,
        metadata=told(
            "what is chosen of each group; by default what is proposed of all that were found",
            always_in_json=False,
        ),
    )


@dataclass(frozen=True, slots=True)
class PlanLinks:
    """Addresses on this server."""

    self: str
    apply: str


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan: what could be done to which files."""

    id: str = field(metadata=told("of the plan", schema=ID))
    files: int = field(metadata=told("that would be acted on"))
    bytes_to_free: int = field(metadata=told("of these files"))
    refused: list[Refused] = field(metadata=told("files that were chosen and are not in it"))
    plan: Mapping[str, Any] = field(
        metadata=told("as 'lookalike duplicates --plan' writes it, and --apply reads it")
    )
    links: PlanLinks


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """How a plan is done."""

    action: str = field(metadata=told("trash, move:FOLDER, hardlink, reflink or list"))
    dry_run: bool = field(
        default=False,
        metadata=told("touch nothing, and tell what would be done", always_in_json=False),
    )
    save_metadata: bool = field(
        default=False,
        metadata=told(
            "write what only a file that goes says into a sidecar of the kept one",
            always_in_json=False,
        ),
    )


@dataclass(frozen=True, slots=True)
class JournalRun:
    """One run that acted on files."""

    run: int = field(metadata=told("its number"))
    made: str = field(metadata=told("when it began", schema={"format": "date-time"}))
    action: Action
    to: str | None = field(metadata=told("where files were moved to; null for other actions"))
    files: int = field(metadata=told("that it acted on"))
    state: State


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs that acted on files."""

    runs: list[JournalRun] = field(metadata=told("the last one first"))


@dataclass(frozen=True, slots=True)
class UndoRequest:
    """Which run is undone."""

    run: int | None = field(
        default=None,
        metadata=told(
            "its number; by default the last one of which something is left to undo",
            always_in_json=False,
        ),
    )
