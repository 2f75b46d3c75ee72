"""``--part``: look for a part of a picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from lookalike.types import Part

__all__ = ["part_option"]

Command = TypeVar("Command", bound=Callable[..., Any])

_SIDE = re.compile(r"(\d{1,3}(?:\.\d{0,9})?|\.\d{1,9})(%?)")


def part_option(command: Command) -> Command:
    """Add ``--part L,T,R,B``, handed to the command as ``part``."""
    return click.option(
        "--part",
        metavar="L,T,R,B",
        callback=_part,
        help="Look for a part of PICTURE only: its left, top, right and bottom, as shares of the "
        "sides, such as 0.1,0.2,0.6,0.8 or 10%,20%,60%,80%.",
    )(command)


def _part(context: click.Context, parameter: click.Parameter, given: str | None) -> Part | None:
    if given is None:
        return None
    sides = [_SIDE.fullmatch(text.strip()) for text in given.split(",")]
    found = [float(side[1]) / (100 if side[2] else 1) for side in sides if side is not None]
    if len(sides) == len(found) == 4:
        left, top, right, bottom = found
        if left < right <= 1 and top < bottom <= 1:
            return left, top, right, bottom
    raise click.BadParameter(
        f"{given!r} is no L,T,R,B with L < R and T < B, of shares from 0 to 1 or per cent, such as "
        "10%,20%,60%,80%",
        ctx=context,
        param=parameter,
    )
