"""``lookalike check``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from lookalike.cli.failure import FAILED
from lookalike.cli.filters import picture_filter_options
from lookalike.cli.options import PathType, json_lines_option, library_option, verbose_option
from lookalike.cli.output import counted, note, print_line, show_path
from lookalike.cli.queries import (
    Query,
    Refused,
    answered,
    echo_paths,
    null_option,
    paths_from_option,
    queries,
    say_unread,
)
from lookalike.errors import PictureError, UsageError
from lookalike.fields import plain
from lookalike.match import Kind

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.containing import Held
    from lookalike.library.filters import Filter

__all__ = ["MISSING", "check"]

MISSING = 3
"""The exit code where a picture isn't in the library."""

_KINDS = [kind for kind in get_args(Kind) if kind != "alike"]
_COUNTED = ("same-bytes", "same-pixels", "edited")  # of lookalike.library.containing
_WIDTH = max(len(kind) for kind in get_args(Kind))


@click.command(short_help="Say whether pictures are in the library already.")
@click.argument("pictures", nargs=-1, metavar="[PICTURE]...", type=PathType())
@paths_from_option
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(_KINDS),
    default=_COUNTED,
    show_default=", ".join(_COUNTED),
    help="A kind of hit that counts as being in the library; may be given several times.",
)
@click.option("--missing-only", is_flag=True, help="Leave out the pictures that are in it.")
@click.option(
    "--paths-only",
    is_flag=True,
    help="Print the paths of the pictures that are not in it, and nothing else.",
)
@picture_filter_options
@null_option
@json_lines_option
@library_option
@verbose_option
def check(
    pictures: tuple[Path, ...],
    paths_from: Path | None,
    kinds: tuple[Kind, ...],
    missing_only: bool,
    paths_only: bool,
    null: bool,
    as_json: bool,
    library: str,
    only: Filter | None,
) -> int:
    """Say of each PICTURE whether it is in the library already, as a copy or an edited copy.

    PICTURE is a file, a folder with all pictures in it, or - for a picture on standard input. The
    exit code is 0 if all are in the library, 3 if one is not, and 1 if one can't be read.
    """
    from lookalike.library import Library

    if not pictures and paths_from is None:
        raise UsageError("give what to check: a PICTURE, a folder, - or --paths-from FILE")
    if paths_only and as_json:
        raise UsageError("--paths-only prints no JSON: leave out one of --paths-only and --json")
    if null and not paths_only and paths_from is None:
        raise UsageError("-0 is about paths: add --paths-only or --paths-from")
    asked = queries(pictures, paths_from, null=null)
    with Library.open(library, create=False) as opened:
        there, missing, unread = _check(
            opened,
            asked,
            kinds,
            only,
            missing_only=missing_only,
            paths_only=paths_only,
            null=null,
            as_json=as_json,
        )
    if not (there or missing or unread):
        note("lookalike: there is no picture to check")
    elif not as_json and not paths_only:
        told = f"{there:,} in the library, {missing:,} not"
        if unread:
            told += f", {unread:,} can't be read"
        click.echo(f"{counted(there + missing + unread, 'picture')}: {told}")
    return FAILED if unread else MISSING if missing else 0


def _check(
    library: Library,
    asked: Iterable[Query | Refused],
    kinds: tuple[Kind, ...],
    only: Filter | None,
    *,
    missing_only: bool,
    paths_only: bool,
    null: bool,
    as_json: bool,
) -> tuple[int, int, int]:
    """Print what becomes of each picture, as it comes.

    Returns:
        How many are in the library, aren't, and can't be read.
    """
    from lookalike.library.containing import held

    there = missing = unread = 0
    search = partial(library.search_many, only=only)
    for name, found in answered(lambda pictures: held(search, pictures, kinds), asked):
        if isinstance(found, PictureError):
            unread += 1
            say_unread(name, found)
            if as_json:
                print_line({"query": name, "error": str(found)})
            continue
        is_in = found.match is not None
        there, missing = there + is_in, missing + (not is_in)
        if missing_only and is_in:
            continue
        if as_json:
            print_line({"query": name, "in": is_in, "hit": plain(found.match or found.best)})
        elif paths_only:
            if not is_in:
                echo_paths([name], null=null)
        else:
            click.echo(_line(name, found))
    return there, missing, unread


def _line(name: str, found: Held) -> str:
    """Whether it is in, the best hit's kind, its own path, and that of a hit that says something.

    What is merely alike says nothing about being there.
    """
    hit = found.match or found.best
    kind = "" if hit is None else hit.kind
    line = f"{'in' if found.match else 'new':<3}  {kind:<{_WIDTH}}  {show_path(name)}"
    if hit is not None and hit.kind != "alike":
        line += f"  ->  {show_path(hit.path)}"
    return line
