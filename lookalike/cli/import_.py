"""``lookalike import``."""

from __future__ import annotations

import click

from lookalike.cli.export import FORMS, print_moved
from lookalike.cli.options import (
    json_option,
    library_option,
    make_default_folder,
    verbose_option,
)
from lookalike.cli.output import counted, print_json, show_path
from lookalike.cli.progress import stage_bar

__all__ = ["import_"]


@click.command("import", short_help="Take another library, or codes from a file, into the library.")
@click.argument("source", metavar="SOURCE")
@click.option(
    "--as",
    "form",
    type=click.Choice([form for form in FORMS if form != "csv"]),
    show_default="by the ending of SOURCE",
    help="What SOURCE is.",
)
@click.option(
    "--encoder",
    metavar="NAME",
    show_default="what the file says, else pdq",
    help="Whose codes a .parquet, .npz or .faiss file holds: pdq or pdq-area.",
)
@json_option
@library_option
@verbose_option
def import_(
    source: str, form: str | None, encoder: str | None, as_json: bool, library: str
) -> None:
    """Take what SOURCE holds into the library, read it there again, and compare.

    SOURCE is what 'lookalike export' wrote, or a file of codes that was made elsewhere. Another
    library, or an archive, is taken whole into a library that holds nothing yet. If it was ended,
    run it again: it goes on.
    """
    from dataclasses import asdict

    from lookalike.library.moving.importing import import_library

    make_default_folder(library)
    with stage_bar() as show:
        done = import_library(library, source, form=form, encoder=encoder, progress=show)  # type: ignore[arg-type]
    if as_json:
        print_json(asdict(done))
    elif done.moved is not None:
        print_moved(done.moved)
    elif done.form == "json":
        click.echo(f"{counted(done.rows, 'new decision')}: {show_path(done.target)}")
    else:
        click.echo(f"verified {counted(done.rows, 'picture')} with {done.encoder} codes: equal")
        click.echo(f"in the library now: {show_path(done.target)}")
