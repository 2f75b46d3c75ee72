"""Hits for people: which are shown, and as what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lookalike.cli.output import record_table

if TYPE_CHECKING:
    from lookalike.library.reports import SearchResult
    from lookalike.match import Match

__all__ = ["cut_options", "hit_lines", "left_out_line", "shown_part"]

F = TypeVar("F", bound=Callable[..., Any])


def cut_options(command: F) -> F:
    """Let a command take ``--all`` and ``--max-chance``, as ``everything`` and ``max_chance``."""
    command = click.option(
        "--max-chance",
        type=click.FloatRange(min=0),
        metavar="NUMBER",
        help="Leave out alike hits of which an unrelated picture would get more than NUMBER, as "
        "0.1; by default what is no nearer than unrelated pictures usually are.",
    )(command)
    return click.option(
        "--all",
        "everything",
        is_flag=True,
        help="Leave out nothing, however far it is.",
    )(command)


def shown_part(result: SearchResult, everything: bool, max_chance: float | None) -> SearchResult:
    """What of an answer is shown."""
    from lookalike.library.calibration_cut import cut

    return result if everything else cut(result, max_chance)


def left_out_line(result: SearchResult, max_chance: float | None) -> str | None:
    """What is said of hits that are left out; ``None`` where there are none."""
    from lookalike.library.calibration_cut import left_out_note

    return left_out_note(result.left_out, max_chance)


def hit_lines(hits: Sequence[Match]) -> list[str]:
    """The lines of a table of hits."""
    from lookalike.matching.edits_words import words

    return record_table(hits, {"edits": lambda edits: words(edits) or None})
