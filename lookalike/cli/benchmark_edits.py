"""``lookalike benchmark edits``."""

from __future__ import annotations

from pathlib import Path

import click

from lookalike.cli.options import json_option, verbose_option
from lookalike.cli.output import print_json, show_path, table

__all__ = ["edits"]


@click.command(short_help="Look for the originals of edited copies.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--pictures",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="N",
    help="Pictures to edit.",
)
@click.option(
    "--edit",
    "names",
    multiple=True,
    metavar="NAME",
    show_default="all",
    help="An edit to make; may be given several times.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Which pictures are drawn, and what is random in an edit.",
)
@click.option("--missed", is_flag=True, help="List the copies whose original didn't come first.")
@json_option
@verbose_option
def edits(
    folder: Path, pictures: int, names: tuple[str, ...], seed: int, missed: bool, as_json: bool
) -> None:
    """Edit some pictures of FOLDER and look for their originals among all of its pictures.

    Prints recall at 1, the share of copies whose original came first, for each edit by the code
    pdq, by the code photo, and by both merged.
    """
    from dataclasses import asdict

    from lookalike.cli.progress import counter
    from lookalike.evaluation.selftest import CODES, find_originals

    with counter("searching") as advance:
        found = find_originals(
            folder,
            queries=pictures,
            edits=names or None,
            seed=seed,
            progress=lambda _done, _all: advance(1),
        )
    if as_json:
        print_json({**asdict(found), "seed": seed})
        return
    click.echo(f"{found.queries:,} pictures, looked for among {found.database:,}; recall at 1")
    rows = [("edit", *CODES)]
    rows += [
        (name, *(f"{by_code[code]:.3f}" for code in CODES))
        for name, by_code in found.recall_at_1.items()
    ]
    for line in table(rows, right=range(1, 1 + len(CODES))):
        click.echo(line)
    if missed:
        for path, name, first in found.missed:
            click.echo(f"{name}: {show_path(path)} came after {show_path(first)}")
