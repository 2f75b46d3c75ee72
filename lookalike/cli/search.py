"""``lookalike search``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from lookalike.cli.filters import filter_options
from lookalike.cli.hits import cut_options, hit_lines, left_out_line, shown_part
from lookalike.cli.options import (
    PathType,
    json_lines_option,
    library_option,
    short_list_option,
    verbose_option,
)
from lookalike.cli.output import note, print_json, show_path
from lookalike.cli.part import part_option
from lookalike.cli.progress import byte_bar
from lookalike.cli.queries import (
    STDIN,
    echo_paths,
    from_stdin,
    is_one,
    null_option,
    paths_from_option,
    queries,
)
from lookalike.cli.search_many import note_empty, search_each, search_together
from lookalike.cli.sheet import SHEET_ENDINGS, SHEET_MOST, write_sheet
from lookalike.cli.target import check_target
from lookalike.errors import PictureError, UsageError
from lookalike.fields import plain

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.filters import Filter
    from lookalike.library.reports import SearchResult
    from lookalike.types import Match, Part

__all__ = ["print_hits", "search"]


@click.command(short_help="Find the same, edited and similar pictures.")
@click.argument("pictures", nargs=-1, metavar="[PICTURE]...", type=PathType())
@click.option(
    "--text",
    metavar="TEXT",
    help="Look for pictures that show what TEXT says, such as 'a red boat', in place of PICTURE.",
)
@click.option(
    "-k", default=10, show_default=True, type=click.IntRange(1, 10_000), help="Hits wanted."
)
@click.option(
    "--code",
    type=click.Choice(["pdq", "photo", "both"]),
    default="both",
    show_default=True,
    help="pdq finds the same picture, also edited; photo finds what looks alike.",
)
@part_option
@click.option(
    "--together",
    is_flag=True,
    help="Look for what is like all PICTUREs at once, in place of one after the other.",
)
@click.option(
    "--weight",
    "weights",
    multiple=True,
    type=float,
    metavar="NUMBER",
    help="With --together, how much a PICTURE counts: once for each, in their order, such as 2; "
    "less than 0 for what the hits shall not be like. 1 for each by default.",
)
@paths_from_option
@click.option("--paths-only", is_flag=True, help="Print the paths of the hits and nothing else.")
@null_option
@click.option(
    "--plot",
    metavar="SHEET",
    type=PathType(),
    help="Write a contact sheet: the query, then the hits. PNG, JPEG or WebP, by its ending.",
)
@filter_options
@cut_options
@json_lines_option
@short_list_option
@library_option
@verbose_option
def search(
    pictures: tuple[Path, ...],
    text: str | None,
    k: int,
    code: Literal["pdq", "photo", "both"],
    part: Part | None,
    together: bool,
    weights: tuple[float, ...],
    paths_from: Path | None,
    paths_only: bool,
    null: bool,
    plot: Path | None,
    only: Filter | None,
    everything: bool,
    max_chance: float | None,
    as_json: bool,
    short_list: int | None,
    library: str,
) -> int:
    """Find the pictures of the library that are the same as PICTURE, edited or alike.

    Best first: the same bytes, the same pixels, edited, a part, alike. PICTURE is a file, which
    need not be in the library, a folder, whose pictures are all looked for, or - for a picture on
    standard input. With --text, find those that show what a text says; the library's photo model
    has to know texts.
    """
    from lookalike.library import Library

    _check_question(pictures, paths_from, text, code)
    one = is_one(pictures, paths_from)
    if together and text is not None:
        raise UsageError("--together is of pictures: leave out --text")
    if together and code == "pdq":
        raise UsageError("--together compares by the photo code alone: leave out --code")
    if weights and not together:
        raise UsageError("--weight is of pictures that are asked about at once: add --together")
    if part is not None and (together or not one):
        raise UsageError("--part is of one picture: give one PICTURE, which is no folder")
    if plot is not None and not (one or together or text is not None):
        raise UsageError("--plot draws the hits of one picture: give one PICTURE, no folder")
    if paths_only and as_json:
        raise UsageError("--paths-only prints no JSON: leave out one of --paths-only and --json")
    if everything and max_chance is not None:
        raise UsageError("--all and --max-chance contradict each other: give one of them")
    if null and not paths_only and paths_from is None:
        raise UsageError("-0 is about paths: add --paths-only or --paths-from")
    if plot is not None:
        check_target(plot, SHEET_ENDINGS)
    with Library.open(library, create=False, short_list=short_list) as opened:
        if plot is not None:
            _check_sheet(plot, pictures, opened)
        query: Path | bytes | str
        if together:
            asked = queries(pictures, paths_from, null=null)
            result = search_together(opened, asked, weights, k, only)
            query = result.query
        elif text is not None:
            query, result = text, _ask_text(opened, text, k, only)
        elif one:
            query = from_stdin() if str(pictures[0]) == STDIN else pictures[0]
            result = _ask(opened, query, k, code, part, only)
        else:
            asked = queries(pictures, paths_from, null=null)
            return search_each(
                opened,
                asked,
                k,
                code,
                lambda found: shown_part(found, everything, max_chance),
                only=only,
                max_chance=max_chance,
                as_json=as_json,
                paths_only=paths_only,
                null=null,
            )
        found = bool(result.hits)
        result = shown_part(result, everything, max_chance)
        small = {}
        if plot is not None:
            small = {hit.id: opened.pictures.preview(hit.id) for hit in result.hits[:SHEET_MOST]}
    left_out = left_out_line(result, max_chance)
    if as_json:
        print_result(result)
    elif paths_only:
        echo_paths((hit.path for hit in result.hits), null=null)
    else:
        print_hits(result.hits)
    if left_out is not None and not as_json:
        note(left_out)
    if not found:
        note_empty(library, only)
    if plot is not None:
        sheet = write_sheet(query, result.hits, plot, part=part, preview=small.get)
        if not as_json and not paths_only:
            click.echo(show_path(str(sheet)))
    return 0


def _check_question(
    pictures: tuple[Path, ...], paths_from: Path | None, text: str | None, code: str
) -> None:
    """Refuse what can't be asked."""
    by_picture = bool(pictures) or paths_from is not None
    if by_picture == (text is not None):
        raise UsageError("give what to look for: either a PICTURE or --text TEXT")
    if text is not None and code == "pdq":
        raise UsageError("pdq knows no texts: leave out --code")


def _check_sheet(sheet: Path, pictures: tuple[Path, ...], library: Library) -> None:
    """Refuse to write a sheet over somebody's picture."""
    if not sheet.exists():
        return
    name = show_path(str(sheet))
    if any(picture.exists() and sheet.samefile(picture) for picture in pictures):
        raise UsageError(f"{name} is the picture that is looked for: name another file for --plot")
    if library.pictures.holds(sheet):
        raise UsageError(f"{name} is a picture of the library: name another file for --plot")


def _ask_text(library: Library, text: str, k: int, only: Filter | None) -> SearchResult:
    with byte_bar("downloading") as fetched:
        return library.search_text(text, k, progress=fetched, only=only)


def _ask(
    library: Library,
    picture: Path | bytes,
    k: int,
    code: Literal["pdq", "photo", "both"],
    part: Part | None,
    only: Filter | None,
) -> SearchResult:
    named = STDIN if isinstance(picture, bytes) else str(picture)
    try:
        found = library.search(picture, k, code=code, part=part, only=only)
    except PictureError as error:
        raise type(error)(f"{show_path(named)}: {error}", cause=error.cause) from error
    return replace(found, query=named) if isinstance(picture, bytes) else found


def print_result(result: SearchResult) -> None:
    """Print a search's answer as one JSON object."""
    print_json(plain(result))


def print_hits(hits: tuple[Match, ...]) -> None:
    """Print the hits as a table for people, best first."""
    for line in hit_lines(hits):
        click.echo(line)
