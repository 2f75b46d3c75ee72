"""Members: the pictures of a file that holds several, and their names.

The first has the empty name; the others are called by what they are and by their number in the
file, which counts from 1: ``page-2`` of a TIFF or a HEIF collection, ``frame-2`` of an animation.
"""

from __future__ import annotations

import re

from lookalike.errors import PictureFailed, UsageError
from lookalike.images.formats.registry import by_name
from lookalike.types import Decoded

__all__ = ["KINDS", "kind", "missing", "name", "number", "others"]

KINDS = ("page", "frame")
"""What members can be."""

_NAME = re.compile(rf"({'|'.join(KINDS)})-([1-9][0-9]{{0,8}})", re.ASCII)


def name(kind: str, number: int) -> str:
    """The name of a member.

    Args:
        kind: ``page`` or ``frame``.
        number: in the file, from 1 on; the first has the empty name.

    Raises:
        UsageError: another kind, or a number that isn't between 1 and 999,999,999.
    """
    if kind not in KINDS:
        raise UsageError(f"a {kind!r} is no kind of member: say page or frame")
    if not 1 <= number <= 999_999_999:
        raise UsageError(f"{kind} {number} can't be: members count from 1 to 999,999,999")
    return "" if number == 1 else f"{kind}-{number}"


def number(member: str) -> int:
    """The number of a member in its file, from 1 on; the inverse of :func:`name`.

    Raises:
        UsageError: not a member's name.
    """
    return _split(member)[1]


def kind(member: str) -> str:
    """What a member is, ``page`` or ``frame``; empty for the first, whose name doesn't say.

    Raises:
        UsageError: not a member's name.
    """
    return _split(member)[0]


def others(decoded: Decoded, most: int | None = None) -> tuple[str, ...]:
    """The names of a file's members after the first, in their order.

    Args:
        decoded: any member of the file.
        most: members in all, the first included, that are wanted; all where it isn't given.
    """
    form = by_name(decoded.format)
    if form is None or not form.member_kind:
        return ()
    count = decoded.members if most is None else min(decoded.members, most)
    return tuple(name(form.member_kind, i) for i in range(2, count + 1))


def missing(member: str, of: str, count: int) -> PictureFailed:
    """The error for a member that a file doesn't hold.

    Args:
        member: that was asked for.
        of: what the file's members are, or empty.
        count: how many it holds.
    """
    held = "1 picture" if count == 1 else f"{count:,} {of}s"
    return PictureFailed(f"holds {held}: there is no {member}")


def _split(member: str) -> tuple[str, int]:
    if not member:
        return "", 1
    match = _NAME.fullmatch(member)
    if match is None:
        raise UsageError(f"{member!r} is no member of a file: say page-2 or frame-2, or nothing")
    if match[2] == "1":
        raise UsageError(f"{member!r} is the first picture of its file, which has the empty name")
    return match[1], int(match[2])
