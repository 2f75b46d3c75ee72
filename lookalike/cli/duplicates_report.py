"""How ``lookalike duplicates`` tells of groups in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lookalike.cli.output import counted, show_path, size

if TYPE_CHECKING:
    from lookalike.library.duplicates.records import (
        DuplicateMember,
        Duplicates,
        KeptPicture,
        PictureGroup,
    )
    from lookalike.match import Box

__all__ = ["closing_lines", "report_lines", "said_of"]

_MOST_HUBS = 5  # that are named
_BESIDE = {"part": "part", "burst": "burst", "raw+jpeg": "pair of raw and JPEG"}
_PLURAL = {"raw+jpeg": "pairs of raw and JPEG"}


def report_lines(found: Duplicates, *, explain: bool) -> Iterator[str]:
    """The groups, then what they come to.

    Args:
        found: to be told.
        explain: whether to tell of rules.
    """
    for group in found.groups:
        yield from _group_lines(group, explain=explain)
        yield ""
    yield from closing_lines(found)
    if explain:
        fired = [f"{name} {count:,}" for name, count in found.rules.items() if count]
        yield f"rules that decided: {', '.join(fired) or 'none'}"


def _group_lines(group: PictureGroup, *, explain: bool) -> Iterator[str]:
    free = f", {size(group.bytes_to_free)} to free" if group.bytes_to_free else ""
    yield f"{group.id}  {group.kind}, {counted(1 + len(group.members), 'picture')}{free}"
    if group.changed:
        yield f"  back again: {group.changed}"
    rows = [_row("keep" if group.bytes_to_free else "first", group.keep)]
    rows += [_row(member.kind, member) for member in group.members]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    said = [group.keep.why, *map(said_of, group.members)]
    for row, words in zip(rows, said, strict=True):
        kind, sides, weight = row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2]
        yield f"  {kind}  {sides}  {weight.rjust(widths[2])}  {row[3]}"
        if words:
            yield f"  {' ' * widths[0]}  {words}"
    if explain:
        for step in group.keep.steps:
            yield f"  rule {step.rule}: {step.why}; {step.left} left"


def _row(kind: str, picture: KeptPicture | DuplicateMember) -> tuple[str, str, str, str]:
    member = f" ({picture.member})" if picture.member else ""
    return (
        kind,
        f"{picture.width}x{picture.height}",
        size(picture.bytes),
        show_path(picture.path) + member,
    )


def said_of(member: DuplicateMember) -> str:
    """What a member shows, what was done to get it, and whether its file has to stay, in words."""
    from lookalike.library.duplicates.records import ACTED_ON
    from lookalike.matching.edits_words import words

    said = ", ".join(filter(None, (shared(member.boxes), words(member.edits))))
    if member.kind in ACTED_ON and not member.frees:
        stays = "its file holds other pictures, too, and stays"
        said = f"{said}; {stays}" if said else stays
    return said


def shared(boxes: Sequence[Box]) -> str:
    """How much of a part's own area, and of that of the first of its group, both show."""
    area = {box.of: (box.at[2] - box.at[0]) * (box.at[3] - box.at[1]) for box in boxes}
    own, first = area.get("query"), area.get("hit")
    if own is None:
        return "" if first is None else f"shows {_percent(first)} of the first"
    if first is None:
        return f"holds the first on {_percent(own)} of its area"
    return f"shares {_percent(own)} of its area with {_percent(first)} of the first"


def _percent(share: float) -> str:
    return f"{max(1, round(100 * share))} %"


def closing_lines(found: Duplicates) -> Iterator[str]:
    """What was found in all, and what was left out."""
    free = sum(group.bytes_to_free for group in found.groups)
    pictures = sum(1 + len(group.members) for group in found.groups)
    if found.groups:
        told = f"{counted(len(found.groups), 'group')} of {counted(pictures, 'picture')}"
        yield f"{told}, {size(free)} to free" if free else told
    elif found.interrupted:
        yield f"no duplicates so far; all {counted(found.pictures, 'picture')} weren't compared"
    else:
        yield f"no duplicates among {counted(found.pictures, 'picture')}"
    if found.omitted:
        yield f"left out by --limit: {counted(found.omitted, 'group')}"
    if found.settled:
        yield f"left out: {counted(found.settled, 'group')} that {_is(found.settled)} settled"
    if found.beside:
        said = [
            counted(count, f"group of {kind}s" if kind in ("part", "burst") else _BESIDE[kind],
                    f"groups of {kind}s" if kind in ("part", "burst") else _PLURAL[kind])
            for kind, count in found.beside.items()
        ]  # fmt: skip
        kinds = ",".join(found.beside)
        yield f"beside these, as far as is known: {', '.join(said)} (--kind {kinds})"
    if found.hubs:
        named = ", ".join(show_path(hub.path) for hub in found.hubs[:_MOST_HUBS])
        more = len(found.hubs) - _MOST_HUBS
        rest = f" and {more:,} more" if more > 0 else ""
        yield f"near to far too many others, so that the nearest alone were compared: {named}{rest}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
