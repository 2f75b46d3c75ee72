"""``lookalike export``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lookalike.cli.options import json_option, library_option, verbose_option
from lookalike.cli.output import counted, print_json, show_path
from lookalike.cli.progress import stage_bar

if TYPE_CHECKING:
    from lookalike.library.moving.exporting import Exported
    from lookalike.library.moving.whole import Moved

__all__ = ["export", "print_moved"]

# As lookalike.library.moving.exporting.FORMS, which isn't imported for --help.
FORMS = ("library", "archive", "parquet", "npz", "faiss", "csv", "json")


@click.command(short_help="Write the library to another place, or its codes to a file.")
@click.argument("target", metavar="TARGET")
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    show_default="by the ending of TARGET",
    help="What to write.",
)
@click.option(
    "--slot",
    type=click.Choice(("pdq", "photo")),
    default="pdq",
    show_default=True,
    help="Whose codes, of parquet, npz and faiss.",
)
@json_option
@library_option
@verbose_option
def export(target: str, form: str | None, slot: str, as_json: bool, library: str) -> None:
    """Write the library to TARGET, read it there again, and compare.

    TARGET is the file or the address of another library; a folder, such as backup/, for an archive
    that holds all of it; or a file that ends in .parquet, .npz or .faiss (codes), .csv (pairs that
    were found) or .json (decisions). If it was ended, run it again: it goes on.
    """
    from dataclasses import asdict

    from lookalike.library.moving.exporting import export_library

    with stage_bar() as show:
        done = export_library(library, target, form=form, slot=slot, progress=show)  # type: ignore[arg-type]
    if as_json:
        print_json(asdict(done))
    elif done.moved is not None:
        print_moved(done.moved)
    else:
        _print(done)


def print_moved(moved: Moved) -> None:
    """Say what was compared."""
    if moved.resumed:
        click.echo(f"{moved.resumed:,} rows were there from before")
    click.echo(
        f"verified {counted(moved.pictures, 'picture')}, {counted(moved.files, 'file')},"
        f" {counted(moved.encoders, 'encoder')}: equal"
    )
    if moved.looked_again:
        click.echo("pairs of duplicates are looked at again there: ids have another order")
    click.echo(f"written: {show_path(moved.target)}")


def _print(done: Exported) -> None:
    told = show_path(done.target)
    if done.form == "csv":
        click.echo(f"{counted(done.rows, 'pair')}: {told}")
    elif done.form == "json":
        click.echo(f"{counted(done.rows, 'decision')}: {told}")
    else:
        click.echo(f"verified {counted(done.rows, 'picture')} with {done.encoder} codes: equal")
        click.echo(f"written: {told}")
