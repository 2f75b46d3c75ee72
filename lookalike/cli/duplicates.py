"""``lookalike duplicates``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.failure import INTERRUPTED
from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.options import PathType, json_option, library_option, verbose_option
from lookalike.cli.output import counted, note, print_json, show_path
from lookalike.cli.progress import stage_bar
from lookalike.cli.search_many import note_empty
from lookalike.cli.target import check_target
from lookalike.errors import UsageError
from lookalike.fields import plain

if TYPE_CHECKING:
    from lookalike.library import Filter, Library
    from lookalike.library.duplicates.records import Duplicates, GroupKind
    from lookalike.library.duplicates.rules import Rules

__all__ = ["duplicates"]

_KINDS = "same-bytes,same-pixels,edited"
_SHOW = "show"
_MOST_DECISIONS = 1_000_000_000  # bytes of a file


@click.command(short_help="Find pictures that are there more than once, and say which to keep.")
@click.option(
    "--kind",
    "kinds",
    metavar="KINDS",
    default=_KINDS,
    show_default=True,
    help="What is told of: some of same-bytes, same-pixels, edited, part, burst, raw+jpeg.",
)
@click.option(
    "--max-chance",
    type=click.FloatRange(min=0),
    metavar="X",
    help="Leave out what is no nearer than an unrelated picture's X nearest.",
)
@click.option(
    "--under",
    multiple=True,
    metavar="FOLDER",
    type=PathType(),
    help="Only pictures in FOLDER or below; may be repeated.",
)
@click.option(
    "--across",
    nargs=2,
    metavar="FOLDER FOLDER",
    type=PathType(),
    help="Only groups with pictures of both folders.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N groups, those first that free most.",
)
@click.option(
    "--rules",
    metavar="FILE",
    help="Rules that say which picture to keep (TOML); 'show' prints the usual ones.",
)
@click.option("--explain", is_flag=True, help="Say which rules decided, and how often.")
@click.option(
    "--plan",
    metavar="FILE",
    type=PathType(folder=False),
    help="Write what could be done to FILE (JSON), to be read and edited; nothing is done.",
)
@click.option(
    "--apply",
    "action",
    metavar="ACTION",
    help="Try what the plan in the FILE of --plan says, with this action: trash, move:FOLDER,"
    " hardlink, reflink or list.",
)
@click.option("--yes", is_flag=True, help="With --apply: do it, instead of trying it.")
@click.option(
    "--protect",
    "protected",
    multiple=True,
    metavar="FOLDER",
    type=PathType(),
    help="With --apply: a folder that nothing is done to; may be repeated.",
)
@click.option(
    "--save-metadata",
    is_flag=True,
    help="With --apply: write what only a file that goes says into an XMP sidecar of the kept one.",
)
@click.option(
    "--html",
    metavar="FILE",
    type=PathType(folder=False),
    help="Write a report with the pictures to FILE, which opens in any browser.",
)
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print a table, comma-separated: a picture a line."
)
@json_option
@click.option(
    "--export-decisions",
    metavar="FILE",
    type=PathType(folder=False),
    help="Write what was rejected and settled to FILE, and do nothing else.",
)
@click.option(
    "--import-decisions",
    metavar="FILE",
    type=PathType(folder=False),
    help="Take over what was rejected and settled from FILE, and do nothing else.",
)
@library_option
@verbose_option
def duplicates(
    kinds: str,
    max_chance: float | None,
    under: tuple[Path, ...],
    across: tuple[Path, Path] | None,
    limit: int | None,
    rules: str | None,
    explain: bool,
    plan: Path | None,
    action: str | None,
    yes: bool,
    protected: tuple[Path, ...],
    save_metadata: bool,
    html: Path | None,
    as_csv: bool,
    as_json: bool,
    export_decisions: Path | None,
    import_decisions: Path | None,
    library: str,
) -> int:
    """Find pictures that are in the library more than once, as the same or as an edited copy.

    Each group is told with the picture to keep, and why. Every other one was compared with it,
    pixel by pixel. No picture is changed, unless --apply and --yes say so.
    """
    from lookalike.library import Library
    from lookalike.library.filters import Filter

    if rules == _SHOW:
        from lookalike.library.duplicates.rules import DEFAULT_RULES

        click.echo(DEFAULT_RULES, nl=False)
        return 0
    if action is not None:
        from lookalike.cli.duplicates_apply import apply_plan

        if plan is None:
            raise UsageError("--apply takes a plan: write one with --plan FILE first, and read it")
        return apply_plan(
            library,
            plan,
            action,
            protected,
            save_metadata=save_metadata,
            really=yes,
            as_json=as_json,
        )
    if yes or protected or save_metadata:
        raise UsageError("--yes, --protect and --save-metadata go with --apply")
    if as_csv and as_json:
        raise UsageError("give one of --csv and --json: each prints nothing else")
    for target, endings in ((plan, (".json",)), (html, (".html", ".htm"))):
        if target is not None:
            check_target(target, endings)
    if export_decisions is not None or import_decisions is not None:
        return _decisions(library, export_decisions, import_decisions)
    if across is not None and os.path.realpath(across[0]) == os.path.realpath(across[1]):
        raise UsageError(f"--across takes two folders, and {across[0]} and {across[1]} are one")
    wanted = tuple(kind.strip().lower() for kind in kinds.split(","))
    read = None if rules is None else _read(Path(rules))
    only = Filter.parse(under=under) if under else None
    with Library.open(library, create=False) as opened:
        found = _found(opened, wanted, max_chance, only, across, limit, read)  # type: ignore[arg-type]
        if html is not None:
            from lookalike.cli.duplicates_html import write_report

            write_report(html, found, opened)
    if plan is not None:
        from lookalike.actions import write_plan
        from lookalike.actions.planning import plan_of

        write_plan(plan, plan_of(found))
    if as_json:
        print_json(plain(found))
    elif as_csv:
        from lookalike.cli.duplicates_table import print_table

        print_table(found)
    else:
        from lookalike.cli.duplicates_report import report_lines

        for line in report_lines(found, explain=explain):
            click.echo(line)
        for target in (html, plan):
            if target is not None:
                click.echo(show_path(str(target.absolute())))
    if not found.pictures and (under or across):
        note_empty(library, only or Filter())
    if found.interrupted:
        note("lookalike: stopped before its end; the same command resumes there")
        return INTERRUPTED
    return 0


def _found(
    library: Library,
    kinds: tuple[GroupKind, ...],
    max_chance: float | None,
    only: Filter | None,
    across: tuple[Path, Path] | None,
    limit: int | None,
    rules: Rules | None,
) -> Duplicates:
    with stop_on_interrupt() as stop, stage_bar() as show:
        return library.duplicates(
            kinds=kinds,
            max_chance=max_chance,
            only=only,
            across=across,
            limit=limit,
            rules=rules,
            progress=lambda progress: show(progress.stage, progress.done, progress.total),
            stop=stop,
        )


def _read(path: Path) -> Rules:
    from lookalike.library.duplicates.rules import Rules

    return Rules.read(path)


def _decisions(library: str, target: Path | None, source: Path | None) -> int:
    """Write decisions to a file, or take them from one."""
    from lookalike.library import Library

    if target is not None and source is not None:
        raise UsageError("give one of --export-decisions and --import-decisions")
    if target is not None:
        check_target(target)
        with Library.open(library, create=False) as opened:
            text = opened.export_decisions()
        target.write_text(text + "\n", encoding="utf-8")
        click.echo(show_path(str(target.absolute())))
        return 0
    if source is not None:
        with source.open("rb") as file:
            data = file.read(_MOST_DECISIONS)
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{source} is no text in UTF-8") from error
        with Library.open(library, create=False) as opened:
            try:
                taken = opened.import_decisions(text)
            except UsageError as error:
                raise UsageError(f"{source}: {error}") from error
        click.echo(
            f"{counted(taken.rejected, 'pair')} and {counted(taken.settled, 'group')} taken over"
        )
    return 0
