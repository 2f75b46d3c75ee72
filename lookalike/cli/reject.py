"""``lookalike reject``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.options import PathType, library_option, verbose_option
from lookalike.cli.output import show_path
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.library import Library

__all__ = ["reject"]


@click.command(short_help="Decide that two pictures are no duplicates.")
@click.argument("first", metavar="A", type=PathType(folder=False))
@click.argument("second", metavar="B", type=PathType(folder=False))
@click.option("--undo", is_flag=True, help="Take the decision back.")
@library_option
@verbose_option
def reject(first: Path, second: Path, undo: bool, library: str) -> None:
    """Decide that picture A and picture B are no duplicates of each other.

    They are never in one group again. It holds of what they show, wherever the files go. Both have
    to be in the library.
    """
    from lookalike.library import Library

    with Library.open(library, create=False) as opened:
        one, other = _id(opened, first), _id(opened, second)
        opened.reject(one, other, undo=undo)
    word = "may be duplicates again" if undo else "are no duplicates"
    click.echo(f"{show_path(str(first))} and {show_path(str(second))} {word}")


def _id(library: Library, path: Path) -> int:
    found = library.pictures.find(path)
    if found is None:
        raise UsageError(f"{show_path(str(path))} is not in the library: index its folder first")
    return found.id
