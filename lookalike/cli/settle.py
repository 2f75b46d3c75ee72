"""``lookalike settle``."""

from __future__ import annotations

from pathlib import Path

import click

from lookalike.cli.options import PathType, library_option, verbose_option

__all__ = ["settle"]


@click.command(short_help="Decide that a group of duplicates is fine as it is.")
@click.argument("groups", metavar="GROUP...", nargs=-1, required=True)
@click.option(
    "--under",
    multiple=True,
    metavar="FOLDER",
    type=PathType(),
    help="As given to 'lookalike duplicates' when it printed the group; may be repeated.",
)
@click.option("--across", nargs=2, metavar="FOLDER FOLDER", type=PathType(), help="Likewise.")
@click.option("--undo", is_flag=True, help="Take the decision back.")
@library_option
@verbose_option
def settle(
    groups: tuple[str, ...],
    under: tuple[Path, ...],
    across: tuple[Path, Path] | None,
    undo: bool,
    library: str,
) -> None:
    """Decide that groups are fine as they are: GROUP is the id that 'lookalike duplicates' prints.

    A settled group isn't told of again until it gets a picture, or a further copy, that it hadn't.
    The beginning of an id is enough where no other group begins so.
    """
    from lookalike.library import Filter, Library

    only = Filter.parse(under=under) if under else None
    with Library.open(library, create=False) as opened:
        for group in groups:
            name = opened.settle(group, only=only, across=across, undo=undo)
            click.echo(f"{name} is {'no longer ' if undo else ''}settled")
