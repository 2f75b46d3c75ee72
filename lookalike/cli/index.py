"""``lookalike index``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.index_report import show_report
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.limits import limit_option
from lookalike.cli.options import (
    PlaceType,
    json_option,
    library_option,
    make_default_folder,
    model_option,
    verbose_option,
)
from lookalike.cli.progress import byte_bar, progress_bar

if TYPE_CHECKING:
    from lookalike.types import Limits

__all__ = ["index"]

_MEGABYTE = 1e6
# Megabytes a second: with less, one picture would take hours, and no disk gives more.
_LEAST_RATE = 0.001
_MOST_RATE = 1e6


@click.command(short_help="Put the pictures of folders into the library.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=PlaceType())
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="Leave out files and folders that match, such as '*.png' or 'drafts'; may be repeated. "
    "The library keeps the patterns for these folders.",
)
@click.option(
    "--no-exclude",
    is_flag=True,
    help="Drop the patterns that the library keeps for these folders.",
)
@click.option(
    "--all/--no-all",
    "everything",
    default=None,
    help="Also look through folders that programs make for themselves, such as thumbnails of a NAS "
    "and recycle bins; the library remembers it for these folders, at first without.",
)
@click.option(
    "--gone",
    is_flag=True,
    help="Let the pictures of these folders go although their disk seems to be unplugged: they "
    "were emptied, or replaced, on purpose.",
)
@click.option(
    "--shard",
    metavar="I/N",
    help="Be worker I of N: put in one part of the files, by their paths. Run it for each I, on "
    "any machine; when all have ended, run it once without --shard.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Read files that seem unchanged again, and compare their content.",
)
@click.option(
    "--verify-rate",
    type=click.FloatRange(_LEAST_RATE, _MOST_RATE),
    metavar="MB",
    help="Read at most so many megabytes a second for --verify, 0.001 or more; by default as many "
    "as possible.",
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
@click.option(
    "--previews/--no-previews",
    default=None,
    help="Keep a small picture of each beside the library, to compare and show it by; as the "
    "library has it, at first with. --no-previews deletes those that are there.",
)
@limit_option
@model_option
@json_option
@library_option
@verbose_option
def index(
    folders: tuple[str | Path, ...],
    exclude: tuple[str, ...],
    no_exclude: bool,
    everything: bool | None,
    gone: bool,
    shard: str | None,
    verify: bool,
    verify_rate: float | None,
    parts: bool | None,
    members: int | None,
    previews: bool | None,
    limits: Limits | None,
    model: str | None,
    as_json: bool,
    library: str,
) -> int:
    """Put the pictures of folders into the library, and keep it up to date.

    A FOLDER may also be a tar or Parquet file of pictures, or s3://BUCKET/PREFIX. Folders are
    walked recursively. Only new and changed files are read; moved and deleted ones are
    noticed. Without a FOLDER, all that the library knows are looked at again. Ctrl-C is safe: what
    is done is kept, and the next run resumes there.
    """
    from lookalike.encoders import registry
    from lookalike.library import Library
    from lookalike.library.library import DEFAULT_PHOTO
    from lookalike.library.opening import exists
    from lookalike.library.places import given_places
    from lookalike.sources.exclude import Exclusion
    from lookalike.sources.shards import shard_of

    # Wrong use shall leave no empty library behind.
    Exclusion(exclude)
    shard_of(shard)
    _check(folders, exclude, no_exclude, everything, gone, verify, verify_rate)
    is_new = not exists(library)
    if is_new:
        given_places(folders, ())
    if model is not None and registry.foreign(model) is None:
        registry.card(model)
    elif model is not None and is_new:
        with byte_bar("downloading") as fetched:
            model = registry.resolve(model, progress=fetched)
        registry.load_photo(model)  # says what is wrong with it
    if is_new and folders:
        make_default_folder(library)
    with (
        stop_on_interrupt() as stop,  # first: a new library takes a moment to load its model
        Library.open(
            library, create=bool(folders), limits=limits, photo=model or DEFAULT_PHOTO
        ) as opened,
        progress_bar() as progress,
    ):
        if model is not None and not is_new:
            with byte_bar("downloading") as fetched:
                opened.check_photo(model, progress=fetched)
        report = opened.index(
            *folders,
            exclude=() if no_exclude else exclude or None,
            everything=everything,
            gone=gone,
            verify=verify,
            verify_rate=None if verify_rate is None else verify_rate * _MEGABYTE,
            shard=shard,
            parts=parts,
            members=members,
            previews=previews,
            progress=progress,
            stop=stop,
        )
        known = [folder.path for folder in opened.status().folders] if report.unconfirmed else []
    return show_report(report, library, as_json=as_json, folders=known)


def _check(
    folders: tuple[str | Path, ...],
    exclude: tuple[str, ...],
    no_exclude: bool,
    everything: bool | None,
    gone: bool,
    verify: bool,
    verify_rate: float | None,
) -> None:
    """Refuse options that contradict each other, or are for folders that nobody named."""
    if exclude and no_exclude:
        raise click.UsageError("--exclude and --no-exclude contradict each other: give one of them")
    if verify_rate is not None and not verify:
        raise click.UsageError("--verify-rate says how fast --verify reads: give both")
    if verify_rate is not None and math.isnan(verify_rate):  # which is in every range
        raise click.UsageError(f"--verify-rate is a number of megabytes, not {verify_rate}")
    if folders:
        return
    for option, given in (
        ("--exclude", bool(exclude)),
        ("--no-exclude", no_exclude),
        ("--all" if everything else "--no-all", everything is not None),
        ("--gone", gone),
    ):
        if given:
            raise click.UsageError(f"{option} is for the folders that are named: name them")
