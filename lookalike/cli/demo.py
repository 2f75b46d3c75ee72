"""``lookalike demo``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.options import LIBRARY_NAME, PathType, verbose_option
from lookalike.cli.output import counted, show_path
from lookalike.cli.progress import progress_bar
from lookalike.cli.search import print_hits
from lookalike.cli.sheet import write_sheet
from lookalike.errors import LookalikeError

if TYPE_CHECKING:
    from lookalike.library import IndexReport, Library, SearchResult
    from lookalike.types import Match, Pixels

__all__ = ["demo"]

# With the query, two rows of a sheet.
_HITS = 9


@click.command(short_help="Try it: index, search, contact sheet.")
@click.argument("pictures", required=False, type=PathType())
@click.option(
    "--out",
    metavar="FOLDER",
    type=PathType(folder=True),
    default=Path("demo"),
    show_default=True,
    help="Where the library, the query and the contact sheet go.",
)
@click.option(
    "--data-dir",
    metavar="FOLDER",
    type=PathType(folder=True),
    envvar="LOOKALIKE_DATA",
    default=Path("data"),
    show_default="$LOOKALIKE_DATA, else data",
    help="Where photos/ and cifar-10-batches-py/ are looked for.",
)
@click.option(
    "--library",
    metavar="FILE",
    type=PathType(folder=False),
    show_default=f"{LIBRARY_NAME} in the folder of --out, made anew",
    help="The library to use.",
)
@verbose_option
def demo(pictures: Path | None, out: Path, data_dir: Path, library: Path | None) -> None:
    """Index some pictures, search them, and write a contact sheet to look at.

    PICTURES is a folder of yours. Without it: photos/ in the data folder; else CIFAR-10 there; else
    photographs that come with scikit-image and scikit-learn, and edited copies of them. Your own
    library is left alone, and pictures are never changed.
    """
    from lookalike.cli.demo_pictures import choose_pictures, choose_query
    from lookalike.library import Library

    out.mkdir(parents=True, exist_ok=True)
    chosen = choose_pictures(pictures, data_dir.expanduser(), out)
    file = library or out / LIBRARY_NAME
    if library is None and file.exists():
        Library.delete(file)
    click.echo(f"1. Index {chosen.told}: {show_path(str(chosen.folder))}")
    with Library.open(file) as opened:
        _index(opened, chosen.folder)
        original, pixels = choose_query(chosen, opened)
        query = out / "query.jpg"
        done = _write_query(pixels, query)
        click.echo(f"\n2. Search for a copy of one, {done}:")
        click.echo(f"   {show_path(str(original))}\n")
        result = opened.search(query, _HITS)
        again = opened.search(query, _HITS)
    print_hits(result.hits)
    _say_rank(result.hits, original)
    _say_time(again)
    sheet = write_sheet(query, result.hits, out / "sheet.png")
    _say_next(file)
    click.echo("\n3. Look at the contact sheet, the query first:")
    click.echo(show_path(str(sheet)))


def _index(library: Library, folder: Path) -> IndexReport:
    with stop_on_interrupt() as stop, progress_bar() as progress:
        report = library.index(folder, progress=progress, stop=stop)
    pictures = report.added + report.updated + report.moved + report.unchanged
    if pictures == 0:
        raise LookalikeError(f"no picture that can be read in {folder}")
    rate = f", {report.pictures_per_second:,.0f} a second" if report.added else ""
    click.echo(f"   {counted(pictures, 'picture')} in {report.seconds:.1f} s{rate}.")
    left_out = report.skipped + report.failed
    if left_out:
        click.echo(f"   {counted(left_out, 'file')} left out; this says why:")
        click.echo(f"   {_program()} status --library {show_path(str(library.path))}")
    if report.interrupted:
        click.echo("   Stopped there; the demo goes on with these.")
    return report


def _write_query(pixels: Pixels, target: Path) -> str:
    """Write an edited copy of a picture, and say what was done to it."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    # Not smaller than what a photo code looks at, where the picture has that much.
    large = min(picture.size) >= 200
    small = picture.reduce(2) if large else picture
    small.point([value * 4 // 5 for value in range(256)] * 3).save(target, quality=30)
    return "half as large, darker, and a poor JPEG" if large else "darker, and a poor JPEG"


def _say_rank(hits: Sequence[Match], original: Path) -> None:
    paths = [hit.path for hit in hits]
    path = os.path.abspath(original)
    if path not in paths:
        click.echo(f"\n   The original is not among the first {len(paths)}.")
        return
    rank = paths.index(path)
    copies = rank > 0 and all(hit.kind != "alike" for hit in hits[:rank])
    told = "; those before it are copies of it too" if copies else ""
    click.echo(f"\n   The original is hit {rank + 1} of {len(paths)}{told}.")


def _say_time(result: SearchResult) -> None:
    """Of a second search, when all is loaded."""
    told = ", ".join(
        f"{name} {1000 * result.seconds[stage]:.1f} ms"
        for name, stage in (
            ("decoding", "decode"),
            ("encoding", "encode"),
            ("search", "search"),
            ("second look", "look"),
        )
    )
    click.echo(f"   Asked again, with all loaded: {told}.")


def _say_next(library: Path) -> None:
    program = _program()
    click.echo(
        f"\nNext, with your own pictures:\n"
        f"   {program} index ~/Pictures\n"
        f"   {program} search some-picture.jpg --plot sheet.png\n"
        f"or ask the demo's library about another picture:\n"
        f"   {program} search some-picture.jpg --library {show_path(str(library))}"
    )


def _program() -> str:
    """What to type to run this program again."""
    started = Path(sys.argv[0])
    if started.name == "__main__.py":
        return "python -m lookalike"
    found = shutil.which("lookalike")
    if found is not None and Path(found).resolve() == started.resolve():
        return "lookalike"
    return show_path(str(started))
