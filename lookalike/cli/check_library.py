"""``lookalike check-library``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lookalike.cli.failure import FAILED
from lookalike.cli.options import json_option, library_option, verbose_option
from lookalike.cli.output import counted, one_line, print_json, show_path
from lookalike.cli.progress import check_bar

if TYPE_CHECKING:
    from lookalike.library.checking import CheckReport, Problem, RepairReport

__all__ = ["check_library"]


@click.command("check-library", short_help="Check a library, and repair it.")
@click.option(
    "--repair",
    is_flag=True,
    help="Make a damaged library anew from what is sound in it; the file as it was stays.",
)
@json_option
@library_option
@verbose_option
def check_library(repair: bool, as_json: bool, library: str) -> int:
    """Check the library: its file, what is in it, and the cache beside it.

    Everything is read, and nothing is changed without --repair. The exit code is 0 if the library
    is sound, and 1 if it is not.
    """
    from dataclasses import asdict

    from lookalike.library import tending

    with check_bar() as progress:
        if repair:
            repaired = tending.repair_library(library, progress)
        else:
            report = tending.check_library(library, progress)
    if repair:
        print_json(asdict(repaired)) if as_json else _print_repair(repaired)
        return 0
    print_json(asdict(report)) if as_json else _print_check(report)
    return 0 if report.sound else FAILED


def _print_check(report: CheckReport) -> None:
    for problem in report.problems:
        click.echo(_line("wrong", problem))
    for problem in report.notes:
        click.echo(_line("note", problem))
    told = show_path(report.path)
    if report.sound:
        click.echo(f"sound: {told}")
    else:
        click.echo(f"not sound, {counted(len(report.problems), 'fault')}: {told}")


def _print_repair(report: RepairReport) -> None:
    for problem in report.problems:
        click.echo(_line("was wrong", problem))
    told = show_path(report.path)
    if report.action == "nothing":
        click.echo(f"sound, nothing to repair: {told}")
        return
    if report.action == "cache":
        click.echo(f"deleted the cache, which the next search makes anew: {told}")
        return
    for table in report.tables:
        lost = []
        if table.left_out:
            lost.append(f"{counted(table.left_out, 'row')} left out")
        if table.unread:
            lost.append(f"{counted(table.unread, 'place')} can't be read")
        if lost:
            click.echo(f"{table.table}: {counted(table.kept, 'row')} kept, {', '.join(lost)}")
    click.echo(f"repaired: {told}")
    click.echo(f"as it was: {show_path(report.damaged or '')}")
    click.echo("run 'lookalike index' now: it makes anew what is missing")


def _line(word: str, problem: Problem) -> str:
    rows = f" ({counted(problem.rows, 'row')})" if problem.rows else ""
    where = show_path(problem.where)
    return f"{word}: {where}: {one_line(problem.what)}{rows}; {one_line(problem.remedy)}"
