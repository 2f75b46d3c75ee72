"""``lookalike search``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import note, print_json, record_table, show_path
from lookalike.cli.progress import byte_bar
from lookalike.cli.sheet import SHEET_ENDINGS, write_sheet
from lookalike.cli.target import check_target
from lookalike.errors import PictureError, UsageError
from lookalike.fields import plain

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.reports import SearchResult
    from lookalike.types import Match

__all__ = ["print_hits", "search"]


@click.command(short_help="Find the same, edited and similar pictures.")
@click.argument("picture", required=False, type=PathType())
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
@click.option(
    "--plot",
    metavar="SHEET",
    type=PathType(),
    help="Write a contact sheet: the query, then the hits. PNG, JPEG or WebP, by its ending.",
)
@json_option
@library_option
@verbose_option
def search(
    picture: Path | None,
    text: str | None,
    k: int,
    code: Literal["pdq", "photo", "both"],
    plot: Path | None,
    as_json: bool,
    library: Path,
) -> None:
    """Find the pictures of the library that are the same as PICTURE, edited or alike.

    Best first: the same bytes, the same pixels, edited, alike. PICTURE need not be in the library.
    With --text, find those that show what a text says; the library's photo model has to know texts.
    """
    from lookalike.library import Library

    if (picture is None) == (text is None):
        raise UsageError("give what to look for: either a PICTURE or --text TEXT")
    if text is not None and code == "pdq":
        raise UsageError("pdq knows no texts: leave out --code")
    if plot is not None:
        check_target(plot, SHEET_ENDINGS)
    with Library.open(library, create=False) as opened:
        if plot is not None:
            _check_sheet(plot, picture, opened)
        result = _ask(opened, picture, text, k, code)
    if as_json:
        print_result(result)
    else:
        print_hits(result.hits)
    if not result.hits:
        note(
            f"lookalike: {show_path(str(library))} holds no pictures yet; "
            "put some in with: lookalike index FOLDER"
        )
    if plot is not None:
        sheet = write_sheet(picture or str(text), result.hits, plot)
        if not as_json:
            click.echo(show_path(str(sheet)))


def _check_sheet(sheet: Path, picture: Path | None, library: Library) -> None:
    """Refuse to write a sheet over somebody's picture."""
    if not sheet.exists():
        return
    name = show_path(str(sheet))
    if picture is not None and picture.exists() and sheet.samefile(picture):
        raise UsageError(f"{name} is the picture that is looked for: name another file for --plot")
    if library.pictures.holds(sheet):
        raise UsageError(f"{name} is a picture of the library: name another file for --plot")


def _ask(
    library: Library,
    picture: Path | None,
    text: str | None,
    k: int,
    code: Literal["pdq", "photo", "both"],
) -> SearchResult:
    if picture is None:
        with byte_bar("downloading") as fetched:
            return library.search_text(text or "", k, progress=fetched)
    try:
        return library.search(picture, k, code=code)
    except PictureError as error:
        raise type(error)(f"{show_path(str(picture))}: {error}", cause=error.cause) from error


def print_result(result: SearchResult) -> None:
    """Print a search's answer as one JSON object."""
    print_json(plain(result))


def print_hits(hits: tuple[Match, ...]) -> None:
    """Print the hits as a table for people, best first."""
    for line in record_table(hits):
        click.echo(line)
