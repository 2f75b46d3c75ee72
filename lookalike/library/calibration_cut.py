"""Which hits are shown: not those that are no nearer than unrelated pictures usually are.

Commands, the page and REST leave such hits out, and say how many. ``Library.search`` and all that
measures keep every hit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from lookalike.errors import UsageError
from lookalike.library.reports import SearchResult
from lookalike.types import Match

__all__ = ["USUAL_RATE", "Shown", "cut", "left_out_note", "shown"]

USUAL_RATE = 0.02
"""Rate from which on a hit is left out: of unrelated pictures so many are as near or nearer. The
line is one on the rate, so that it is the same in a library of any size."""


class Shown(NamedTuple):
    """Hits that are shown, in their order, and how many were left out."""

    kept: tuple[Match, ...]
    left_out: int


def shown(matches: Iterable[Match], pictures: int, max_chance: float | None = None) -> Shown:
    """Leave out what is no nearer than unrelated pictures are.

    Only hits of the kind ``alike`` are left out, and of these only such as have a chance.

    Args:
        matches: of one search.
        pictures: contents that it could find: a hit's chance is its rate times these.
        max_chance: the most that a hit may have, instead of the usual line.

    Raises:
        UsageError: ``max_chance`` is no number of at least 0.
    """
    if max_chance is not None and not max_chance >= 0:
        raise UsageError(f"max_chance is a number of 0 or more, not {max_chance!r}")
    most = USUAL_RATE * pictures if max_chance is None else max_chance
    found = tuple(matches)
    kept = tuple(m for m in found if m.kind != "alike" or m.chance is None or m.chance <= most)
    return Shown(kept, len(found) - len(kept))


def cut(result: SearchResult, max_chance: float | None = None) -> SearchResult:
    """An answer without the hits that are no nearer than unrelated pictures are.

    Args:
        result: of a search.
        max_chance: as of :func:`shown`.

    Raises:
        UsageError: as of :func:`shown`.
    """
    kept, left_out = shown(result.hits, result.searched, max_chance)
    return replace(result, hits=kept, left_out=left_out)


def left_out_note(left_out: int, max_chance: float | None = None) -> str | None:
    """The one line that a command says of hits that it leaves out; ``None`` where there are none.

    Args:
        left_out: how many.
        max_chance: as of :func:`shown`.
    """
    if not left_out:
        return None
    is_one = left_out == 1
    if max_chance is not None:
        told = (
            f"has a chance above {max_chance:g}"
            if is_one
            else f"have a chance above {max_chance:g}"
        )
    elif is_one:
        told = "is no nearer than unrelated pictures are"
    else:
        told = "are no nearer than unrelated pictures are"
    return f"{left_out:,} more {told}; --all shows {'it' if is_one else 'them'}"
