"""Plans of what could be done with the duplicates that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from lookalike.actions.plan import Plan, PlannedFile, PlannedGroup, PlannedKind
from lookalike.matching.edits_words import words

if TYPE_CHECKING:
    from lookalike.library.duplicates.records import (
        DuplicateMember,
        Duplicates,
        KeptPicture,
        PictureGroup,
    )

__all__ = ["Choice", "Refused", "plan_of", "plan_of_choices"]

_KINDS: tuple[PlannedKind, ...] = get_args(PlannedKind)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose of one group.

    Attributes:
        group: as it was found.
        keep: id of the picture to keep.
        remove: ids of those to act on.
    """

    group: PictureGroup
    keep: int
    remove: Sequence[int]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was chosen, and is not in the plan.

    Attributes:
        path: of the file.
        why: in words.
    """

    path: str
    why: str


def plan_of(found: Duplicates) -> Plan:
    """What could be done: the files that may go, of the groups that have any."""
    groups = (_group(one) for one in found.groups if any(m.frees for m in one.members))
    return Plan("trash", tuple(groups))


def _group(group: PictureGroup) -> PlannedGroup:
    acted = [member for member in group.members if member.frees]
    kinds = [kind for kind in _KINDS if any(member.kind == kind for member in acted)]
    keep = group.keep
    kept = PlannedFile(keep.path, keep.digest, keep.bytes, keep.member or "")
    return PlannedGroup(
        group.id,
        kinds[-1],
        (kept,),
        tuple(
            PlannedFile(
                member.path,
                member.digest,
                member.bytes,
                kind=kind,
                why=words(member.edits) or member.kind,
            )
            for member in acted
            for kind in _KINDS
            if kind == member.kind
        ),
    )


def plan_of_choices(choices: Sequence[Choice]) -> tuple[Plan, list[Refused]]:
    """What could be done with what somebody chose, and what of it can't.

    Any picture of a group can be kept in place of the proposed one. A file goes only if it is a
    copy of what is kept: not a part, a frame of a burst, or a file that holds other pictures, too.

    Raises:
        UsageError: the choices contradict each other.
    """
    groups: list[PlannedGroup] = []
    refused: list[Refused] = []
    for choice in choices:
        keep, acted = _chosen(choice, refused)
        if not acted:
            continue
        kinds = [kind for kind in _KINDS if any(file.kind == kind for file in acted)]
        groups.append(PlannedGroup(choice.group.id, kinds[-1], (keep,), tuple(acted)))
    return Plan("trash", tuple(groups)), refused


def _chosen(choice: Choice, refused: list[Refused]) -> tuple[PlannedFile, list[PlannedFile]]:
    group = choice.group
    pictures: dict[int, KeptPicture | DuplicateMember] = {group.keep.id: group.keep}
    pictures |= {member.id: member for member in group.members}
    kept = pictures[choice.keep]
    keep = PlannedFile(kept.path, kept.digest, kept.bytes, kept.member or "")
    acted = []
    for number in choice.remove:
        one = pictures[number]
        kind, why = _kind(group, kept, one)
        if kind is None:
            refused.append(Refused(one.path, why))
        else:
            acted.append(PlannedFile(one.path, one.digest, one.bytes, kind=kind, why=why))
    return keep, acted


def _kind(
    group: PictureGroup, kept: KeptPicture | DuplicateMember, one: KeptPicture | DuplicateMember
) -> tuple[PlannedKind | None, str]:
    """What a picture is to the kept one, and why it goes; or nothing, and why it stays."""
    if one.id == kept.id:
        return None, "it is kept"
    if one.member:
        return None, "it is one of several pictures of its file, which stays"
    same = one.digest == kept.digest and not kept.member
    if same:
        return "same-bytes", "same-bytes"
    middle = group.keep
    # Beside another picture than the proposed one it is what both are to that.
    between = [(p, _to_middle(group, p)) for p in (one, kept) if p.id != middle.id]
    for picture, (kind, frees, _) in between:
        if kind not in _KINDS:
            return None, f"{picture.path} is no copy of {middle.path}: {kind}"
        if picture.id == one.id and not frees:
            return None, "its file holds other pictures, too, and stays"
    kinds = [kind for _, (kind, _, _) in between]
    if one.id == middle.id and "edited" in kinds and _may_hold_several(one.path):
        return None, "its file may hold other pictures, too, and stays"
    wide = next(kind for kind in reversed(_KINDS) if kind in kinds)
    wide = "same-pixels" if wide == "same-bytes" else wide
    told = [words for _, (_, _, words) in between if words]
    return wide, told[0] if len(between) == 1 and told else wide


def _to_middle(
    group: PictureGroup, picture: KeptPicture | DuplicateMember
) -> tuple[str, bool, str]:
    member = next(member for member in group.members if member.id == picture.id)
    return member.kind, member.frees, words(member.edits)


def _may_hold_several(path: str) -> bool:
    """Whether a file is of a format that may hold several pictures, by its name alone."""
    return not path.lower().endswith((".jpg", ".jpeg", ".bmp"))
