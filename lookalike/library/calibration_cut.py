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

__all__ = ["Shown", "cut", "left_out_note", "shown"]


class Shown(NamedTuple):
    """Hits that are shown, in their order, and how many were left out."""

    kept: tuple[Match, ...]
    left_out: int


def shown(matches: Iterable[Match], max_chance: float | None = None) -> Shown:
    """Leave out what is no nearer than unrelated pictures are.

    Only hits of the kind ``alike`` are left out.

    Args:
        matches: of one search.
        max_chance: the most that a hit's chance may be, instead of the usual line, see
            :meth:`lookalike.library.calibration.Calibration.usual`; hits without a chance stay.

    Raises:
        UsageError: ``max_chance`` is no number of at least 0.
    """
    if max_chance is not None and not max_chance >= 0:
        raise UsageError(f"max_chance is a number of 0 or more, not {max_chance!r}")

    def is_shown(match: Match) -> bool:
        if match.kind != "alike":
            return True
        if max_chance is None:
            return not match.usual
        return match.chance is None or match.chance <= max_chance

    found = tuple(matches)
    kept = tuple(match for match in found if is_shown(match))
    return Shown(kept, len(found) - len(kept))


def cut(result: SearchResult, max_chance: float | None = None) -> SearchResult:
    """An answer without the hits that are no nearer than unrelated pictures are.

    Args:
        result: of a search.
        max_chance: as of :func:`shown`.

    Raises:
        UsageError: as of :func:`shown`.
    """
    kept, left_out = shown(result.hits, max_chance)
    return replace(result, hits=kept, left_out=left_out)


def left_out_note(left_out: int, max_chance: float | None = None) -> str | None:
    """The one line that a command says of hits that it leaves out; ``None`` where there are none.

    Args:
        left_out: how many.
        max_chance: as of :func:`shown`.
    """
    if not left_out:
        return None
    one = left_out == 1
    if max_chance is None:
        told = f"{'is' if one else 'are'} no nearer than unrelated pictures are"
    else:
        told = f"{'has' if one else 'have'} a chance above {max_chance:g}"
    return f"{left_out:,} more {told}; --all shows {'it' if one else 'them'}"
