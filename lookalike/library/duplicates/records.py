"""What a search for duplicates says: groups, what to keep of each, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from lookalike.fields import documented, same_as, told
from lookalike.match import Box, Match, NamedEdit

__all__ = [
    "ACTED_ON",
    "GROUP_KINDS",
    "DuplicateMember",
    "Duplicates",
    "DuplicatesProgress",
    "DuplicatesStage",
    "GroupKind",
    "Hub",
    "KeptPicture",
    "OnDuplicates",
    "PictureGroup",
    "RuleStep",
]

GroupKind: TypeAlias = Literal["same-bytes", "same-pixels", "edited", "part", "burst", "raw+jpeg"]
"""What a picture of a group is to the one that is kept."""

GROUP_KINDS: Final[tuple[GroupKind, ...]] = (
    "same-bytes",
    "same-pixels",
    "edited",
    "part",
    "burst",
    "raw+jpeg",
)
"""All of them, best first."""

ACTED_ON: Final[tuple[GroupKind, ...]] = ("same-bytes", "same-pixels", "edited")
"""The kinds of which one copy is enough. The others are shown, and never proposed for an action."""

DuplicatesStage: TypeAlias = Literal["pairs", "looks", "groups", "edits"]


@documented
@dataclass(frozen=True, slots=True)
class RuleStep:
    """One rule that decided something about what is kept of a group."""

    rule: str = field(metadata=told("its name"))
    why: str = field(metadata=told("what it said, in words"))
    left: int = field(metadata=told("pictures that it left, of those that were left before"))


@documented
@dataclass(frozen=True, slots=True)
class KeptPicture:
    """The picture of a group that is proposed to be kept."""

    id: int = field(metadata=same_as(Match, "id"))
    path: str = field(metadata=same_as(Match, "path"))
    why: str = field(metadata=told("in words; empty where there is nothing to choose from"))
    bytes: int = field(metadata=told("size of its file"))
    width: int = field(metadata=same_as(Match, "width"))
    height: int = field(metadata=same_as(Match, "height"))
    digest: str = field(metadata=told("SHA-256 of its file, in hexadecimal"))
    member: str | None = field(default=None, metadata=same_as(Match, "member"))
    steps: tuple[RuleStep, ...] = field(
        default=(), metadata=told("the rules that decided, in their order")
    )


@documented
@dataclass(frozen=True, slots=True)
class DuplicateMember:
    """A picture of a group beside the one that is kept."""

    id: int = field(metadata=same_as(Match, "id"))
    path: str = field(metadata=same_as(Match, "path"))
    kind: GroupKind = field(metadata=told("what it is to the picture that is kept"))
    distance: int | None = field(
        metadata=told(
            "bits in which the perceptual hashes of both differ, however they are turned; none "
            "where one of them has none"
        )
    )
    chance: float | None = field(metadata=same_as(Match, "chance"))
    edits: tuple[NamedEdit, ...] = field(
        metadata=told("what was done to the picture that is kept to get this one")
    )
    bytes: int = field(metadata=told("size of its file"))
    width: int = field(metadata=same_as(Match, "width"))
    height: int = field(metadata=same_as(Match, "height"))
    digest: str = field(metadata=told("SHA-256 of its file, in hexadecimal"))
    frees: bool = field(
        metadata=told(
            "whether its file may go: not where it is a part or a frame of a burst, or a page of a "
            "file of several pictures"
        )
    )
    member: str | None = field(default=None, metadata=same_as(Match, "member"))
    boxes: tuple[Box, ...] = field(
        default=(),
        metadata=told(
            "what both show, where it isn't all of both: of `query`, this picture, and of `hit`, "
            "the one that is kept"
        ),
    )


@documented
@dataclass(frozen=True, slots=True)
class PictureGroup:
    """Pictures around the one that is kept, each of which was compared with it."""

    id: str = field(metadata=told("names the group by what its pictures hold, wherever they are"))
    kind: GroupKind = field(metadata=told("the least of the kinds of its members"))
    keep: KeptPicture = field(metadata=told("the picture that is proposed to be kept"))
    members: tuple[DuplicateMember, ...] = field(
        metadata=told("the others: by kind, then by distance")
    )
    bytes_to_free: int = field(
        metadata=told(
            "bytes of the files of members that may go; once of a file with several names (hard "
            "links), and not of one that keeps a name elsewhere"
        )
    )
    changed: str | None = field(
        default=None,
        metadata=told(
            "of a group that was settled before: what changed in it since; else none",
            always_in_json=False,
        ),
    )

    @property
    def pictures(self) -> tuple[KeptPicture | DuplicateMember, ...]:
        """All of them, the one that is kept first."""
        return (self.keep, *self.members)


@documented
@dataclass(frozen=True, slots=True)
class Hub:
    """A picture whose code is near to far too many others; fewer of its pairs are looked at."""

    path: str = field(metadata=same_as(Match, "path"))
    near: int = field(metadata=told("pictures that are near to it by the perceptual hash"))


@documented
@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was found, best first: by what can be freed, then by id."""

    groups: tuple[PictureGroup, ...] = field(metadata=told("the groups"))
    pairs: int = field(metadata=told("pairs of pictures that codes proposed, and that were judged"))
    looked: int = field(metadata=told("of these, looked at in this run, and not known before"))
    seconds: Mapping[str, float] = field(metadata=told("that each stage took"))
    exact: bool = field(
        metadata=told(
            "whether all pairs within the limits of the hash were judged: not where pictures are "
            "near to far too many, or it was stopped"
        )
    )
    pictures: int = field(metadata=told("that were compared"))
    hubs: tuple[Hub, ...] = field(metadata=told("pictures that are near to far too many others"))
    settled: int = field(metadata=told("groups that are left out since they were settled"))
    rules: Mapping[str, int] = field(metadata=told("groups in which each rule decided something"))
    beside: Mapping[str, int] = field(
        metadata=told("groups of kinds that were not asked for, as far as they are known")
    )
    omitted: int = field(default=0, metadata=told("groups beyond the limit that was asked for"))
    interrupted: bool = field(default=False, metadata=told("whether it was stopped before its end"))


@documented
@dataclass(frozen=True, slots=True)
class DuplicatesProgress:
    """How far a search for duplicates is."""

    stage: DuplicatesStage = field(metadata=told("what is being done"))
    done: int = field(metadata=told("of it so far: pictures or pairs"))
    total: int = field(metadata=told("of it in all, as far as that is known"))


OnDuplicates: TypeAlias = Callable[[DuplicatesProgress], None]
