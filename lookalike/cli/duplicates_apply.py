"""``lookalike duplicates --apply``: what a plan says, tried, or done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from lookalike.cli.after_acting import tell_library
from lookalike.cli.failure import FAILED, INTERRUPTED
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.output import counted, note, one_line, print_json, show_path, size
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.actions import Outcome, Report
    from lookalike.actions.plan import Action

__all__ = ["apply_plan"]

_MOVE = "move:"
# What a dry run says of a file, and what a run says.
_WORDS: dict[Action, tuple[str, str]] = {
    "trash": ("would go", "in the trash"),
    "move": ("would go", "moved"),
    "hardlink": ("would be linked", "linked"),
    "reflink": ("would be cloned", "cloned"),
    "list": ("listed", "listed"),
}


def apply_plan(
    library: str,
    plan: Path,
    asked: str,
    protected: Iterable[Path],
    *,
    save_metadata: bool,
    really: bool,
    as_json: bool,
) -> int:
    """Do what a plan says with another action than it may name, and tell the library.

    Args:
        library: its location; the journal lies beside it.
        plan: the file.
        asked: the action, as ``--apply`` takes it.
        protected: folders that nothing is done to.
        save_metadata: write what only the files that go say beside the kept ones.
        really: do it; else it is tried.
        as_json: print JSON.

    Returns:
        The exit code: 1 if a file failed.
    """
    from lookalike import actions
    from lookalike.actions.acts import undoable
    from lookalike.actions.after import taken_by

    action, to = _action(asked)
    read = replace(actions.read_plan(plan), action=action, to=to)
    journal = actions.journal_folder(library)
    runs = actions.list_runs(journal)
    if runs and runs[0].state == "interrupted":
        note(
            f"lookalike: run {runs[0].number} was interrupted; 'lookalike undo {runs[0].number}'"
            " takes back what it did"
        )
    if really and (warning := undoable(action)):
        note(f"lookalike: {one_line(warning)}")
    with stop_on_interrupt() as stop:
        report = actions.apply(
            read,
            dry_run=not really,
            protected=list(protected),
            journal=journal,
            save_metadata=save_metadata,
            on_step=None if as_json else partial(_tell, action),
            stop=stop,
        )
    told = tell_library(library, report.changed, taken_by(report)) if really else ""
    if as_json:
        print_json(report.pack())
    else:
        _sum_up(report, stopped=stop.is_set())
    if told:
        note(told)
    if stop.is_set():
        return INTERRUPTED
    return FAILED if report.count("failed") or report.stopped else 0


def _action(asked: str) -> tuple[Action, str | None]:
    """What ``--apply`` names, and the folder to move to."""
    from lookalike.actions.plan import ACTIONS

    if asked.startswith(_MOVE) and len(asked) > len(_MOVE):
        return "move", str(Path(asked.removeprefix(_MOVE)).expanduser().absolute())
    if asked in ACTIONS and asked != "move":
        return cast("Action", asked), None
    raise UsageError(f"--apply takes trash, move:FOLDER, hardlink, reflink or list, not {asked!r}")


def _tell(action: Action, outcome: Outcome) -> None:
    """A line of what became of a file, and one for each thing worth knowing."""
    would, done = _WORDS[action]
    state = {"would": would, "done": done}.get(outcome.result, outcome.result)
    line = f"{state}: {show_path(outcome.path)}"
    if outcome.to is not None:
        line += f"  ->  {show_path(outcome.to)}"
    if outcome.why:
        line += f": {one_line(outcome.why)}"
    click.echo(line)
    for old, new in (outcome.sidecars or {}).items():
        click.echo(f"  with {show_path(old)}  ->  {show_path(new)}")
    if outcome.only_here:
        told = f"  only here: {', '.join(one_line(one) for one in outcome.only_here)}"
        if outcome.saved is not None:
            would_be = "would be " if outcome.result == "would" else ""
            told += f"; {would_be}written to {show_path(outcome.saved)}"
        click.echo(told)
    for one in outcome.notes:
        click.echo(f"  {one_line(one)}")


def _sum_up(report: Report, *, stopped: bool) -> None:
    if report.stopped:
        click.echo(f"stopped: {one_line(report.stopped)}")
    acted = report.count("done", "would")
    rest = f"{report.count('left'):,} left alone, {report.count('failed'):,} failed"
    if report.action == "list":
        click.echo(f"{counted(acted, 'file')} listed, {rest}")
        return
    would = " would be" if report.dry_run else ""
    free = "to free" if report.dry_run else "freed"
    if report.action == "trash":
        free = "to free by emptying the trash"
    click.echo(f"{counted(acted, 'file')}{would} acted on, {rest}, {size(report.freed)} {free}")
    if report.warning and report.dry_run and acted:
        click.echo(one_line(report.warning))
    if report.dry_run and acted and not stopped:
        click.echo("nothing was touched: the same command with --yes does it")
    elif report.run is not None and acted:
        click.echo(f"'lookalike undo {report.run}' takes it back")
