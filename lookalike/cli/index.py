"""``lookalike index``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.failure import INTERRUPTED
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.options import (
    PathType,
    json_option,
    library_option,
    model_option,
    verbose_option,
)
from lookalike.cli.output import counted, note, print_json, show_path
from lookalike.cli.progress import byte_bar, progress_bar
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.library.reports import IndexReport

__all__ = ["index", "show_report"]


@click.command(short_help="Put the pictures of folders into the library.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=PathType())
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files and folders that match, such as '*.png' or 'drafts'; may be repeated.",
)
@click.option(
    "--parts/--no-parts",
    "--regions/--no-regions",
    default=None,
    help="Also make codes of nine parts of each picture, so that a part finds the whole; as the "
    "library has it, at first without. Takes ten runs of the network per picture. --regions is the "
    "same.",
)
@click.option(
    "--members",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Make codes of up to N pictures of a file that holds several, such as the pages of a TIFF "
    "or the frames of an animation; as the library has it, at first 1.",
)
@model_option
@json_option
@library_option
@verbose_option
def index(
    folders: tuple[Path, ...],
    exclude: tuple[str, ...],
    parts: bool | None,
    members: int | None,
    model: str | None,
    as_json: bool,
    library: str,
) -> int:
    """Put the pictures of folders into the library, and keep it up to date.

    Folders are walked recursively. Only new and changed files are read; moved and deleted ones are
    noticed. Without a FOLDER, all that the library knows are looked at again. Ctrl-C is safe: what
    is done is kept, and the next run resumes there.
    """
    from lookalike.encoders import registry
    from lookalike.library import Library
    from lookalike.library.library import DEFAULT_PHOTO
    from lookalike.library.opening import exists
    from lookalike.sources.exclude import Exclusion

    # Wrong use shall leave no empty library behind.
    Exclusion(exclude)
    is_new = not exists(library)
    if is_new:
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"{folder} is not a folder that can be reached")
    if model is not None and registry.foreign(model) is None:
        registry.card(model)
    elif model is not None and is_new:
        with byte_bar("downloading") as fetched:
            model = registry.resolve(model, progress=fetched)
        registry.load(model)  # says what is wrong with it
    with (
        stop_on_interrupt() as stop,  # first: a new library takes a moment to load its model
        Library.open(library, create=bool(folders), photo=model or DEFAULT_PHOTO) as opened,
        progress_bar() as progress,
    ):
        if model is not None and not is_new:
            with byte_bar("downloading") as fetched:
                opened.check_photo(model, progress=fetched)
        report = opened.index(
            *folders,
            exclude=exclude or None,
            parts=parts,
            members=members,
            progress=progress,
            stop=stop,
        )
    return show_report(report, library, as_json=as_json)


def show_report(report: IndexReport, library: str, *, as_json: bool) -> int:
    """Print what indexing did.

    Returns:
        The exit code.
    """
    from dataclasses import asdict

    if as_json:
        print_json(asdict(report))
    else:
        _print_report(report, library)
    if report.interrupted:
        note(
            "lookalike: interrupted; everything indexed so far is kept, "
            "and the same command resumes there"
        )
        return INTERRUPTED
    return 0


def _print_report(report: IndexReport, library: str) -> None:
    names = ("added", "updated", "moved", "unchanged", "missing", "skipped", "failed")
    counts = [(name, getattr(report, name)) for name in names]
    told = ", ".join(f"{count:,} {name}" for name, count in counts if count) or "nothing to index"
    if report.reread:
        told += f" ({report.reread:,} read again for what they lacked)"
    rate = (
        f" ({report.pictures_per_second:,.0f} pictures a second)"
        if report.pictures_per_second >= 0.5
        else ""
    )
    click.echo(f"{told} in {report.seconds:.1f} s{rate}")
    for folder in report.offline:
        click.echo(f"offline, its pictures are kept: {show_path(folder)}")
    if report.skipped or report.failed:
        files = counted(report.skipped + report.failed, "file")
        click.echo(f"{files} gave no code; lookalike status says why")
    click.echo(f"library: {show_path(library)}")
