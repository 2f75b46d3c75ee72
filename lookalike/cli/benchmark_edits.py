"""``lookalike benchmark edits``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.options import PathType, json_option, measured_model_option, verbose_option
from lookalike.cli.output import counted, note, one_line, print_json, show_path, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lookalike.evaluation.false_alarms import FalseAlarms
    from lookalike.evaluation.selftest import EditReport

__all__ = ["edits"]

_PLOT_ENDINGS = (".png", ".svg", ".pdf")


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
    "--peers",
    default="all",
    show_default=True,
    metavar="NAMES",
    help="What lookalike is measured beside: names with commas between, all, or none.",
)
@click.option(
    "--weights",
    type=PathType(folder=False),
    metavar="FILE",
    help="torchvision's weights of mobilenet_v3_small as safetensors, for imagededup-cnn.",
)
@click.option(
    "--parts", "--regions", "parts", is_flag=True, help="Give parts of the pictures codes, too."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Which pictures are drawn, and what is random in an edit.",
)
@measured_model_option
@click.option("--missed", is_flag=True, help="List the copies whose original didn't come first.")
@click.option(
    "--alarms/--no-alarms",
    default=True,
    show_default=True,
    help="Search for every picture, and list the pairs that would be called edited copies.",
)
@click.option(
    "--plot",
    type=PathType(folder=False),
    metavar="FILE",
    help="Draw recall at 1 as PNG, SVG or PDF, by the file's ending.",
)
@click.option(
    "--sheet",
    type=PathType(folder=False),
    metavar="FILE",
    help="Draw the pairs that would be called edited copies as PNG, JPEG or WebP.",
)
@json_option
@verbose_option
def edits(
    folder: Path,
    pictures: int,
    names: tuple[str, ...],
    peers: str,
    weights: Path | None,
    parts: bool,
    model: str,
    seed: int,
    missed: bool,
    alarms: bool,
    plot: Path | None,
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Edit some pictures of FOLDER and look for their originals among all of its pictures.

    Prints recall at 1, the share of copies whose original came first, for each edit by the code
    pdq, by the code photo, by both merged, and by other hashes. Then every picture is searched for:
    two different ones of which one is an edited copy of the other by its kind are false alarms,
    unless they do show the same.
    """
    from dataclasses import asdict

    from lookalike.cli.progress import counter
    from lookalike.cli.sheet import SHEET_ENDINGS
    from lookalike.cli.target import check_target
    from lookalike.errors import UsageError
    from lookalike.evaluation.copy_peers import PEERS, open_peers
    from lookalike.evaluation.false_alarms import alarm_sheet, find_alarms
    from lookalike.evaluation.selftest import find_originals, indexed
    from lookalike.system.replacing import replacing

    if plot is not None:
        check_target(plot, _PLOT_ENDINGS)
    if sheet is not None:
        check_target(sheet, SHEET_ENDINGS)
        if not alarms:
            raise UsageError("--sheet shows the alarms: leave out --no-alarms")
    wanted = {"all": PEERS, "none": ()}.get(peers) or tuple(filter(None, peers.split(",")))
    opened, left_out = open_peers(() if peers == "none" else wanted, weights)
    note("indexing")
    with indexed(folder, photo=model, parts=parts) as (library, paths):
        with counter("searching") as advance:
            found = find_originals(
                library,
                paths,
                queries=pictures,
                edits=names or None,
                peers=opened,
                seed=seed,
                progress=lambda _done, _all: advance(1),
            )
        for path, reason in found.unread:
            note(f"left out: {show_path(path)}: {one_line(reason)}")
        alarming = None
        if alarms:
            with counter("searching for all") as advance:
                alarming = find_alarms(library, paths, progress=lambda _done, _all: advance(1))
    if plot is not None:
        from lookalike.evaluation.edit_plot import plot_edits

        plot_edits(found, plot)
    if sheet is not None and alarming is not None and alarming.alarms:
        with replacing(sheet) as partial, partial.open("wb") as file:
            kind = sheet.suffix.lower().lstrip(".").replace("jpg", "jpeg")
            alarm_sheet(alarming.alarms).save(file, kind)
    if as_json:
        print_json(
            {
                **asdict(found),
                "seed": seed,
                "left_out": left_out,
                "false_alarms": None if alarming is None else asdict(alarming),
            }
        )
        return
    for line in _recall(found, left_out):
        click.echo(line)
    if missed:
        for path, name, first in found.missed:
            click.echo(f"{name}: {show_path(path)} came after {show_path(first)}")
    if alarming is not None:
        for line in _alarms(alarming):
            click.echo(line)
    if plot is not None:
        click.echo(str(plot.absolute()))
    if sheet is not None and alarming is not None:
        drawn = alarming.alarms
        click.echo(str(sheet.absolute()) if drawn else f"{sheet}: not written, there is no alarm")


def _recall(found: EditReport, left_out: dict[str, str]) -> Sequence[str]:
    """The table, and what is missing from it."""
    columns = list(found.mean)
    rows = [("edit", *columns)]
    rows += [
        (name, *(f"{shares[column]:.3f}" for column in columns))
        for name, shares in found.recall_at_1.items()
    ]
    if len(found.recall_at_1) > 1:
        rows.append(("mean", *(f"{found.mean[column]:.3f}" for column in columns)))
    head = f"{counted(found.queries, 'picture')}, looked for among {found.database:,}; recall at 1"
    return [
        head,
        *table(rows, right=range(1, 1 + len(columns))),
        *(f"left out: {name} {reason}" for name, reason in left_out.items()),
    ]


def _alarms(found: FalseAlarms) -> Sequence[str]:
    """How many there are, then each with both paths."""
    same = f", {found.identical:,} of them identical" if found.identical else ""
    per_million = f"{found.share * 1e6:.3g} in a million"
    return [
        f"edited by its kind: {counted(len(found.alarms), 'pair')} of {found.pairs:,}{same};"
        f" {per_million}, if all are false",
        *(
            f"{alarm.distance} bits: {show_path(alarm.first)} {show_path(alarm.second)}"
            for alarm in found.alarms
        ),
    ]
