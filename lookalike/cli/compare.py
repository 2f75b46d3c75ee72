"""``lookalike compare``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.options import LibraryType, PathType, json_option, verbose_option
from lookalike.cli.output import print_json, show_path
from lookalike.cli.sheet import SHEET_ENDINGS, check_beside, save_sheet
from lookalike.cli.target import check_target
from lookalike.errors import PictureError
from lookalike.fields import plain

if TYPE_CHECKING:
    from lookalike.matching.compare import Compared, Comparison

__all__ = ["compare"]


@click.command(short_help="Say what two pictures are to each other.")
@click.argument("first", metavar="A", type=PathType(folder=False))
@click.argument("second", metavar="B", type=PathType(folder=False))
@click.option(
    "--plot",
    metavar="SHEET",
    type=PathType(),
    help="Write a drawing: both laid the same way, side by side, with what differs marked. PNG, "
    "JPEG or WebP, by its ending.",
)
@json_option
@click.option(
    "--library",
    type=LibraryType(),
    metavar="FILE",
    help="Also say the chance in this library: how many hits as near an unrelated picture gets.",
)
@verbose_option
def compare(
    first: Path, second: Path, plot: Path | None, as_json: bool, library: str | None
) -> None:
    """Compare picture A with picture B, pixel by pixel.

    Says whether they are the same bytes, the same pixels, edited, parts of each other, or no more
    than alike, and what was done to B to get A. Both files are read in full; no library is needed.
    """
    from lookalike.library import Library
    from lookalike.matching.compare import compare_pictures

    if plot is not None:
        check_target(plot, SHEET_ENDINGS)
        check_beside(plot, (first, second))
    try:
        found = compare_pictures(first, second)
    except PictureError as error:
        raise type(error)(show_path(str(error)), cause=error.cause) from error
    if library is not None:
        with Library.open(library, create=False, read_only=True) as opened:
            chance = opened.chance(first, second)
        found = replace(found, comparison=replace(found.comparison, chance=chance))
    if plot is not None:
        _draw(found, (first, second), plot)
    if as_json:
        print_json(plain(found.comparison))
        return
    for line in _lines(found.comparison, (first, second)):
        click.echo(line)
    if plot is not None:
        click.echo(show_path(str(plot.absolute())))


def _lines(found: Comparison, pictures: tuple[Path, Path]) -> list[str]:
    """The kind and the edits, then of what each box is a part."""
    from lookalike.matching.edits_words import words

    said = words(found.edits)
    lines = [f"{found.kind}: {said}" if said else found.kind]
    named = {"query": pictures[0], "hit": pictures[1]}
    for box in found.boxes:
        sides = ",".join(f"{share:.0%}" for share in box.at)
        lines.append(f"shared: {sides} of {show_path(str(named[box.of]))}")
    if found.chance is not None:
        lines.append(f"chance: {found.chance:.2g}")
    return lines


def _draw(found: Compared, pictures: tuple[Path, Path], target: Path) -> None:
    import numpy as np

    from lookalike.matching.drawing import Panel, draw_pair

    panels = [
        Panel(path.name, pixels, f"{decoded.width} x {decoded.height}, {decoded.format}")
        for path, pixels, decoded in zip(
            pictures, (found.query, found.hit), found.decoded, strict=True
        )
    ]
    told = found.comparison
    sheet = draw_pair(
        panels[0],
        panels[1],
        told.kind,
        edits=told.edits,
        boxes=told.boxes,
        transform=None if told.transform is None else np.array(told.transform),
    )
    save_sheet(sheet, target)
