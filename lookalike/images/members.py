"""The names of the pictures in a file: the first one has none, the others are counted."""

from __future__ import annotations

import re
from typing import Literal

from lookalike.errors import UsageError

__all__ = ["member_kind", "member_name", "member_number"]

_FORM = re.compile(r"(page|frame)-([2-9]|[1-9][0-9]{1,8})", re.ASCII)


def member_name(kind: Literal["page", "frame"], number: int) -> str:
    """The name of a picture in a file, such as ``page-2``; of the first one it is empty.

    Args:
        kind: what the format calls its pictures.
        number: from 1 on.

    Raises:
        UsageError: ``number`` is below 1, or above 999,999,999.
    """
    if not 1 <= number < 10**9:
        raise UsageError(f"the pictures of a file are counted from 1 on, not {number}")
    return "" if number == 1 else f"{kind}-{number}"


def member_number(member: str) -> int:
    """The number of a picture in its file, from 1 on.

    Raises:
        UsageError: no such name.
    """
    return _split(member)[1]


def member_kind(member: str) -> str:
    """What a picture is in its file, ``page`` or ``frame``; empty for the first, which may be both.

    Raises:
        UsageError: no such name.
    """
    return _split(member)[0]


def _split(member: str) -> tuple[str, int]:
    if isinstance(member, str) and not member:
        return "", 1
    found = _FORM.fullmatch(member) if isinstance(member, str) else None
    if found is None:
        raise UsageError(f"{member!r} names no picture of a file: such names are page-2, frame-3")
    return found[1], int(found[2])
