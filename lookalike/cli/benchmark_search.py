"""``lookalike benchmark search``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.benchmark_tables import print_report, print_winners
from lookalike.cli.options import json_option, verbose_option
from lookalike.cli.output import note, print_json, show_path
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.evaluation.code_sets import CodeSet
    from lookalike.evaluation.search_report import Report

__all__ = ["search"]

_SIZES = (60_000, 1_000_000)
_BITS = (64,)


@click.command(short_help="Time searches over binary codes, beside their peers.")
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    show_default="60000 and 1000000; for codes of pictures as many as there are",
    help="Codes in the database; may be given several times.",
)
@click.option(
    "--bits",
    "widths",
    type=click.IntRange(1, 4096),
    multiple=True,
    metavar="B",
    show_default="64",
    help="Width of uniform and clustered codes; may be given several times.",
)
@click.option(
    "-k",
    "ks",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="K",
    show_default="10, where there is no radius",
    help="Neighbours of a query; may be given several times.",
)
@click.option(
    "--radius",
    "radii",
    type=click.IntRange(min=0),
    multiple=True,
    metavar="R",
    help="Search by a radius of so many bits; may be given several times.",
)
@click.option(
    "--codes",
    "family",
    default="uniform",
    show_default=True,
    metavar="CODES",
    help="uniform, clustered, cifar10, pdq, or a file that lookalike encode wrote.",
)
@click.option(
    "--queries",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Queries of a batch.",
)
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Repetitions, of which the median counts.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="Threads of every contender that has threads.",
)
@click.option(
    "--peers",
    default="all",
    show_default=True,
    metavar="NAMES",
    help="What the scan is measured beside, separated by commas: names of contenders, all, none.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="For building, and again for searching, of one contender; slower ones are left out.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Of the codes.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="LOOKALIKE_DATA",
    default=Path("data"),
    show_default="$LOOKALIKE_DATA, else data",
    metavar="FOLDER",
    help="Where cifar-10-batches-py/ and photos/ are looked for.",
)
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    show_default="photos in the data folder",
    help="The pictures of --codes pdq.",
)
@click.option(
    "--encoder",
    metavar="NAME",
    show_default="the shipped model of CIFAR-10",
    help="The model of --codes cifar10: its name, or the path of its .onnx file.",
)
@click.option(
    "--plot",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write plots there, and measure each contender at several settings for them.",
)
@json_option
@verbose_option
def search(
    sizes: tuple[int, ...],
    widths: tuple[int, ...],
    ks: tuple[int, ...],
    radii: tuple[int, ...],
    family: str,
    queries: int,
    runs: int,
    threads: int,
    peers: str,
    budget: float,
    seed: int,
    data_dir: Path,
    pictures: Path | None,
    encoder: str | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Time exact and approximate searches over binary codes.

    All contenders get the same codes, queries and threads, one after the other, in one run. Times
    are medians, without a warm-up, and building is timed by itself. The distances of every answer
    are recomputed; recall counts ties.
    """
    from dataclasses import replace

    from lookalike.evaluation.search_benchmark import choose_contenders, run
    from lookalike.evaluation.search_report import Plan
    from lookalike.evaluation.search_report import as_json as jsonable

    contenders = choose_contenders([name.strip() for name in peers.split(",") if name.strip()])
    usual = Plan(runs=runs, threads=threads, budget=budget, sweep=plot is not None)
    plans = [replace(usual, k=k) for k in ks or (() if radii else (10,))]
    plans += [replace(usual, radius=radius) for radius in radii]
    reports: list[Report] = []
    for size, bits in _configurations(family, sizes, widths):
        note(f"making codes: {family}")
        data = _codes(family, size, bits, queries, seed, data_dir, pictures, encoder)
        for plan in plans:
            reports.append(run(data, plan, contenders, tell=note))
            if not as_json:
                print_report(reports[-1])
    if len(reports) > 1 and not as_json:
        print_winners(reports)
    if as_json:
        made = [jsonable(report) for report in reports]
        print_json(made[0] if len(made) == 1 else {"results": made})
    if plot is not None:
        from lookalike.evaluation.plots import plot_searches

        for file in plot_searches(reports, plot):
            (note if as_json else click.echo)(show_path(str(file.absolute())))


def _configurations(
    family: str, sizes: tuple[int, ...], widths: tuple[int, ...]
) -> list[tuple[int | None, int | None]]:
    made = family in ("uniform", "clustered")
    if family in ("cifar10", "pdq") and widths:
        raise UsageError(f"the width of the codes of {family} is fixed: leave out --bits")
    return [
        (size, bits)
        for size in sizes or (_SIZES if made else (None,))
        for bits in widths or (_BITS if made else (None,))
    ]


def _codes(
    family: str,
    size: int | None,
    bits: int | None,
    queries: int,
    seed: int,
    data: Path,
    pictures: Path | None,
    encoder: str | None,
) -> CodeSet:
    from lookalike.evaluation import code_sets, picture_codes

    if family in ("uniform", "clustered"):
        make = code_sets.uniform if family == "uniform" else code_sets.clustered
        return make(size or _SIZES[0], bits or _BITS[0], queries, seed)
    if family == "cifar10":
        return picture_codes.cifar10_codes(data, encoder, size, queries, seed)
    if family == "pdq":
        return picture_codes.pdq_codes(pictures or data / "photos", size, queries, seed)
    file = Path(family)
    if not file.is_file():
        raise UsageError(
            f"--codes is uniform, clustered, cifar10, pdq or a file, and there is no file {family}"
        )
    return picture_codes.file_codes(file, bits, size, queries, seed)
