"""``lookalike selftest``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, note, print_json, show_path, table
from lookalike.cli.progress import share_bar
from lookalike.cli.target import check_target
from lookalike.match import Kind

if TYPE_CHECKING:
    from lookalike.evaluation.selftest_report import SelfTest, Way

__all__ = ["selftest"]

_PLOT_ENDINGS = (".png", ".svg", ".pdf")
_SHOWN = 20  # pairs to look at; JSON has all of them


@click.command(short_help="Test the library on edited copies of its own pictures.")
@click.option(
    "--sample",
    type=click.IntRange(min=4),
    default=500,
    show_default=True,
    metavar="N",
    help="Pictures to edit, drawn at random.",
)
@click.option(
    "--edit",
    "names",
    multiple=True,
    metavar="NAME",
    show_default="all twenty",
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
@click.option(
    "--plot",
    metavar="SHEET",
    type=PathType(folder=False),
    help="Draw what was found out as PNG, SVG or PDF, by the file's ending.",
)
@json_option
@library_option
@verbose_option
def selftest(
    sample: int,
    names: tuple[str, ...],
    seed: int,
    plot: Path | None,
    as_json: bool,
    library: str,
) -> None:
    """Edit pictures of the library in twenty ways, and see whether copies and originals are found.

    No labels are needed, and nothing is written to the library or its pictures. Reports how often
    the right picture came first, by edit and in both directions, what the hits were called, which
    pairs may be false alarms, and whether the index agrees with a comparison of all; and ends with
    advice. Ctrl-C ends early, with what was found out until then.
    """
    if plot is not None:
        check_target(plot, _PLOT_ENDINGS)
        from lookalike.evaluation.retrieval_plots import new_figure

        new_figure(1, 1)  # says now, and not after the work, what drawing takes
    from lookalike.evaluation.library_selftest import run_selftest

    with stop_on_interrupt() as stop, share_bar("testing", "searches") as progress:
        found = run_selftest(
            library,
            sample=sample,
            edits=names or None,
            seed=seed,
            progress=progress,
            stop=stop,
        )
    if plot is not None:
        from lookalike.evaluation.selftest_plot import plot_selftest

        plot_selftest(found, plot)
    if as_json:
        print_json(found.as_json())
    else:
        for line in _report(found):
            click.echo(line)
        if plot is not None:
            click.echo(show_path(str(plot.absolute())))
    if found.interrupted:
        note("lookalike: stopped there; the numbers are of what was done until then")


def _report(found: SelfTest) -> Iterator[str]:
    minutes, seconds = divmod(round(found.seconds), 60)
    took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    yield (
        f"{counted(found.sampled, 'picture')} of {found.pictures:,} edited in"
        f" {counted(len(found.edits), 'way')}; {took}"
    )
    yield ""
    yield from _edits(found)
    yield ""
    yield from _alarms(found)
    for one in found.exact:
        agrees = f"{one.equal} of {one.queries} searches as by a comparison with every code"
        yield f"{one.code}: {agrees} ({one.index})"
    for code in sorted({point.code for point in found.calibration}):
        yield _chance(found, code)
    if found.left_out:
        yield f"left out: {counted(len(found.left_out), 'picture')}"
    yield ""
    for sentence in found.advice:
        yield from textwrap.wrap(sentence, 96, initial_indent="- ", subsequent_indent="  ",
                                 break_long_words=False, break_on_hyphens=False)  # fmt: skip


def _edits(found: SelfTest) -> Sequence[str]:
    """Recall at 1 and the kinds of each edit, in both directions."""
    ways = [way for one in found.edits.values() for way in (one.by_copy, one.by_original)]
    kinds = [
        kind for kind in (*get_args(Kind), "missing") if any(kind in way.kinds for way in ways)
    ]
    heading = ("edit", "by copy", *kinds, "by original", *kinds)
    rows = [heading]
    rows += [
        (name, *_cells(one.by_copy, kinds), *_cells(one.by_original, kinds))
        for name, one in found.edits.items()
    ]
    if len(found.edits) > 1:
        both = [
            _together([getattr(one, way) for one in found.edits.values()])
            for way in ("by_copy", "by_original")
        ]
        rows.append(("all", *_cells(both[0], kinds), *_cells(both[1], kinds)))
    return table(rows, right=range(1, len(heading)))


def _together(ways: Sequence[Way]) -> Way:
    from lookalike.evaluation.selftest_report import Way

    kinds: dict[str, int] = {}
    for way in ways:
        for kind, number in way.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    return Way(sum(way.asked for way in ways), sum(way.first for way in ways), kinds)


def _cells(way: Way, kinds: Sequence[str]) -> list[str]:
    recall = "-" if way.recall_at_1 is None else f"{way.recall_at_1:.3f}"
    return [recall, *(str(way.kinds.get(kind, 0) or "") for kind in kinds)]


def _alarms(found: SelfTest) -> Iterator[str]:
    alarms = found.false_alarms
    number = len(alarms.suspects)
    pairs = f"{counted(alarms.searches, 'search', 'searches')} among {found.pictures:,} pictures"
    if not number:
        yield f"nothing else was called a copy or a part in {pairs}"
        return
    yield f"{counted(number, 'pair')} to look at, called copies or parts in {pairs}:"
    for one in alarms.suspects[:_SHOWN]:
        edit = f" ({one.edit})" if one.edit else ""
        yield f"  {one.kind}: {show_path(one.query)}{edit}  ->  {show_path(one.hit)}"
    if number > _SHOWN:
        yield f"  and {number - _SHOWN:,} more: --json has them all"


def _chance(found: SelfTest, code: str) -> str:
    """How far predicted numbers of chance hits are from those seen."""
    from lookalike.evaluation.selftest_report import FEW_SEEN

    points = [point for point in found.calibration if point.code == code]
    told = [point for point in points if point.observed * point.queries >= FEW_SEEN]
    if not told:
        return f"{code}: too few chance hits were seen to test the chance: take a larger --sample"
    right = sum(1 / 2 <= point.observed / point.predicted <= 2 for point in told)
    return f"{code}: chance is right within a factor of 2 at {right} of {len(told)} distances"
