"""How ``lookalike search`` answers for several pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from lookalike.cli.failure import FAILED
from lookalike.cli.hits import hit_lines, left_out_line
from lookalike.cli.output import note, print_line, show_path
from lookalike.cli.queries import Query, Refused, answered, echo_paths, say_unread
from lookalike.errors import PictureError, UsageError
from lookalike.fields import plain

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.filters import Filter
    from lookalike.library.merging import CodeChoice
    from lookalike.library.reports import SearchResult

__all__ = ["note_empty", "search_each", "search_together"]


def search_each(
    library: Library,
    asked: Iterable[Query | Refused],
    k: int,
    code: CodeChoice,
    shown: Callable[[SearchResult], SearchResult],
    *,
    only: Filter | None,
    max_chance: float | None,
    as_json: bool,
    paths_only: bool,
    null: bool,
) -> int:
    """Search for pictures one after the other, and print each answer as it comes.

    Returns:
        The exit code: 1 if one of them can't be read.
    """
    read = unread = hits = 0
    for name, found in answered(
        lambda pictures: library.search_many(pictures, k, code=code, only=only), asked
    ):
        if isinstance(found, PictureError):
            unread += 1
            say_unread(name, found)
            if as_json:
                print_line({"query": name, "error": str(found)})
            continue
        read += 1
        hits += len(found.hits)
        found = shown(found)
        if as_json:
            print_line({**plain(found), "query": name})
        elif paths_only:
            echo_paths((hit.path for hit in found.hits), null=null)
        else:
            _print_block(name, found, max_chance, is_first=read == 1)
    if not read and not unread:
        note("lookalike: there is no picture to look for")
    elif read and not hits:
        note_empty(library.location, only)
    return FAILED if unread else 0


def note_empty(library: str, only: Filter | None) -> None:
    """Say why there is no hit at all."""
    if only is not None:
        note(
            "lookalike: no picture of the library fits"
            " what --under, --taken, --larger or --format ask for"
        )
        return
    note(
        f"lookalike: {show_path(library)} holds no pictures yet; "
        "put some in with: lookalike index FOLDER"
    )


def search_together(
    library: Library,
    asked: Iterable[Query | Refused],
    weights: Sequence[float],
    k: int,
    only: Filter | None,
) -> SearchResult:
    """Search for what is like all pictures at once.

    Raises:
        PictureError: one of them can't be read.
        UsageError: the weights don't fit the pictures.
    """
    pictures: list[str | bytes] = []
    for one in asked:
        if isinstance(one, Refused):
            raise UsageError(f"{show_path(one.name)}: {one.reason}")
        pictures.append(one.picture)
    return library.search_together(pictures, list(weights) or None, k, only=only)


def _print_block(
    name: str, found: SearchResult, max_chance: float | None, *, is_first: bool
) -> None:
    if not is_first:
        click.echo()
    click.echo(f"query: {show_path(name)}")
    for line in hit_lines(found.hits):
        click.echo(line)
    left_out = left_out_line(found, max_chance)
    if left_out is not None:
        click.echo(left_out)
