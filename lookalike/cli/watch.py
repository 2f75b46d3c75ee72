"""``lookalike watch``."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lookalike.cli.interrupt import stop_on_interrupt
from lookalike.cli.options import (
    PathType,
    json_lines_option,
    library_option,
    make_default_folder,
    verbose_option,
)
from lookalike.cli.output import counted, note, one_line, print_line, show_path
from lookalike.cli.progress import progress_bar
from lookalike.errors import UsageError
from lookalike.fields import plain

if TYPE_CHECKING:
    from lookalike.library import Library
    from lookalike.library.reports import Progress
    from lookalike.library.watched import Watched
    from lookalike.match import Match

__all__ = ["copy_words", "watch"]

# What became of a file that the library knew, for people; what isn't here is not said.
_SAID = {
    "returned": "came back",
    "replaced": "replaced by another file of the library",
    "missing": "missing",
    "left out": "left out now",
    "changed silently": "other content with the same size and time",
}

_AFTER_STOP = "lookalike: interrupted; what was indexed is kept, and the same command resumes there"


@click.command(short_help="Index pictures as they come, and say which are copies.")
@click.argument("folders", nargs=-1, metavar="[FOLDER]...", type=PathType())
@click.option(
    "--poll",
    type=click.FloatRange(0.1, 86_400),
    metavar="SECONDS",
    help="Look through the folders every SECONDS, in place of waiting for the system to tell; "
    "without, that is done only where the system doesn't tell, as on network drives: every 10.",
)
@json_lines_option
@library_option
@verbose_option
def watch(folders: tuple[Path, ...], poll: float | None, as_json: bool, library: str) -> int:
    """Put the pictures of FOLDERs into the library, then those that come, until Ctrl-C.

    Without a FOLDER, all that the library knows are watched. When a picture comes of which the
    library has a copy, it says so, and of what.
    """
    from lookalike.library import Library
    from lookalike.library.opening import exists

    if not exists(library):
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"{folder} is not a folder that can be reached")
        if folders:
            make_default_folder(library)
    with stop_on_interrupt() as stop, Library.open(library, create=bool(folders)) as opened:
        _watch(opened, folders, poll, stop, as_json=as_json)
    return 0


def _watch(
    library: Library,
    folders: tuple[Path, ...],
    poll: float | None,
    stop: threading.Event,
    *,
    as_json: bool,
) -> None:
    """Print what happens, until it is stopped."""
    with ExitStack() as first:
        bars = [first.enter_context(progress_bar())]

        def progress(done: Progress) -> None:
            for bar in bars:  # of the first run alone: later ones are told line by line
                bar(done)

        for happened in library.watch(*folders, poll=poll, progress=progress, stop=stop):
            if happened.what == "indexed":
                bars.clear()
                first.close()
            if as_json:
                print_line(_values(happened))
            else:
                _say(happened)
            if happened.what == "indexed" and not as_json:
                note(_AFTER_STOP if stop.is_set() else "lookalike: watching; Ctrl-C ends it")


def _values(happened: Watched) -> dict[str, object]:
    """What JSON says of an event: what there is to say."""
    values: dict[str, object] = {"event": happened.what}
    if happened.path:
        values["path"] = happened.path
    if happened.source is not None:
        values["from"] = happened.source
    if happened.match is not None:
        values["of"] = plain(happened.match)
    if happened.reason:
        values["reason"] = happened.reason
    if happened.report is not None:
        values["report"] = plain(happened.report)
    return values


def _say(happened: Watched) -> None:
    """One line for people; on standard error what is about no file."""
    path = show_path(happened.path)
    if happened.what == "copy" and happened.match is not None:
        click.echo(f"copy: {path} {copy_words(happened.match)}")
    elif happened.what == "new":
        click.echo(f"new: {path}")
    elif happened.what == "moved":
        click.echo(f"moved: {show_path(happened.source or '')} -> {path}")
    elif happened.what == "unread":
        click.echo(f"can't be read: {path}: {one_line(happened.reason)}")
    elif happened.what == "polling":
        why = one_line(happened.reason)
        note(f"lookalike: looking through the folders again and again, in place of events: {why}")
    elif happened.what == "busy":
        note(f"lookalike: waiting: {one_line(happened.reason)}")
    elif happened.report is not None:
        report = happened.report
        known = report.added + report.updated + report.moved + report.unchanged
        what = counted(known, "picture", plural="pictures")
        told = f"{what}, {report.added:,} of them new" if report.added else what
        if report.skipped or report.failed:
            told += f"; {report.skipped + report.failed:,} gave no code, lookalike status says why"
        click.echo(f"indexed: {told}")
    elif happened.what in _SAID:
        click.echo(f"{_SAID[happened.what]}: {path}")


def copy_words(match: Match) -> str:
    """What a picture is of its copy, such as ``is edited of OLD (50 % of the size)``."""
    from lookalike.match import boxes_of
    from lookalike.matching.edits_words import words

    told = f"is {match.kind} of"
    if match.kind == "part" and boxes_of(match, "query"):
        told = "shares a part with" if boxes_of(match, "hit") else "holds"
    edits = words(match.edits)
    path = show_path(match.path)
    return f"{told} {path}" + (f" ({edits})" if edits else "")
