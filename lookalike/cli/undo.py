"""``lookalike undo``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lookalike.cli.failure import FAILED
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.options import json_option, library_option, verbose_option
from lookalike.cli.output import counted, note, one_line, print_json, show_path, table

if TYPE_CHECKING:
    from lookalike.actions import Run, UndoReport

__all__ = ["undo"]

# Files that are named on a terminal.
_SHOWN = 20


@click.command(short_help="Bring back files that lookalike moved or linked.")
@click.argument("number", required=False, metavar="[RUN]", type=click.IntRange(min=1))
@click.option("--list", "listed", is_flag=True, help="List the runs that acted on files.")
@click.option("--dry-run", is_flag=True, help="Touch nothing; say which files would be tried.")
@json_option
@library_option
@verbose_option
def undo(number: int | None, listed: bool, dry_run: bool, as_json: bool, library: str) -> int:
    """Undo a run that acted on files: names, contents and times as they were.

    Without RUN, the last one of which something is left to undo. What stands at a place now is
    never replaced, and what was changed since stays as it is. The exit code is 1 if a file could
    not be brought back.
    """
    from lookalike import actions
    from lookalike.cli.after_acting import tell_library

    folder = actions.journal_folder(library)
    if listed:
        if number is not None or dry_run:
            raise click.UsageError("--list lists all runs: give it alone")
        runs = actions.list_runs(folder)
        print_json({"runs": [_packed(run) for run in runs]}) if as_json else _print_runs(runs)
        return 0
    with stop_on_interrupt() as stop:
        report = actions.undo(folder, number, dry_run=dry_run, stop=stop)
    told = tell_library(library, report.changed)
    if as_json:
        print_json(report.pack())
    else:
        _print_report(report)
    if told:
        note(told)
    return FAILED if report.left or report.stopped else 0


def _packed(run: Run) -> dict[str, object]:
    return {
        "run": run.number,
        "made": run.made.isoformat(),
        "action": run.action,
        "to": run.to,
        "files": run.files,
        "state": run.state,
    }


def _print_runs(runs: list[Run]) -> None:
    if not runs:
        click.echo("no run acted on files")
        return
    rows = [["run", "begun", "action", "files", "state"]]
    for run in runs:
        begun = run.made.astimezone().strftime("%Y-%m-%d %H:%M")
        action = run.action if run.to is None else f"{run.action} to {show_path(run.to)}"
        rows.append([str(run.number), begun, action, f"{run.files:,}", run.state])
    for line in table(rows, right=(0, 3)):
        click.echo(line)


def _print_report(report: UndoReport) -> None:
    if not report.back and not report.left and not report.stopped:
        click.echo(f"run {report.run} ({report.action}) is undone already")
        return
    word = "would bring back" if report.dry_run else "brought back"
    click.echo(f"{word} {counted(len(report.back), 'file')} of run {report.run} ({report.action})")
    for path in report.back[:_SHOWN]:
        click.echo(f"  {show_path(path)}")
    if len(report.back) > _SHOWN:
        click.echo(f"  and {len(report.back) - _SHOWN:,} more")
    for one in report.left:
        click.echo(f"left: {show_path(one.path)}: {one_line(one.why)}")
    if report.stopped:
        click.echo(f"stopped: {one_line(report.stopped)}; the same command goes on")
