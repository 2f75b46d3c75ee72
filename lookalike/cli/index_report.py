"""What a run of indexing did, for people or as JSON."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from lookalike.cli.failure import INTERRUPTED
from lookalike.cli.output import counted, note, one_line, print_json, show_path
from lookalike.fields import json_values
from lookalike.sources.folders import is_under

if TYPE_CHECKING:
    from lookalike.library.reports import IndexReport, LeftOut
    from lookalike.library.run_records import Change, Event

__all__ = ["show_report"]

# Changes of one kind that are named on a terminal.
_SHOWN = 10
_COUNTS = {
    "added": "added",
    "updated": "updated",
    "moved": "moved",
    "replaced": "replaced",
    "unchanged": "unchanged",
    "missing": "missing",
    "left_out": "left out",
    "skipped": "skipped",
    "failed": "failed",
}
# In this order; what was updated is what everybody expects, and is in the list of the library.
_EVENTS: dict[Event, str] = {
    "moved": "moved",
    "returned": "came back",
    "replaced": "replaced by another file of the library",
    "missing": "missing",
    "unreadable": "can't be read any more",
    "left out": "left out now",
    "changed silently": "other content with the same size and time",
}


def show_report(
    report: IndexReport, library: str, *, as_json: bool, folders: Sequence[str] = ()
) -> int:
    """Print what indexing did.

    Args:
        report: of the run.
        library: where it is.
        as_json: as one JSON object.
        folders: of the library, to name the one that a place without its disk lies in.

    Returns:
        The exit code.
    """
    if as_json:
        print_json(json_values(report))
    else:
        for line in _lines(report, library, folders, short=sys.stdout.isatty()):
            click.echo(line)
    if report.interrupted:
        note(
            "lookalike: interrupted; everything indexed so far is kept, "
            "and the same command resumes there"
        )
        return INTERRUPTED
    return 0


def _lines(
    report: IndexReport, library: str, folders: Sequence[str] = (), *, short: bool
) -> Iterator[str]:
    yield _counts(report)
    yield from _changes(report, _SHOWN if short else len(report.changes))
    for place, other in report.same_place:
        real, owner = os.path.realpath(place), os.path.realpath(other)
        # A folder that is mounted twice has two names, too, neither of which is within the other.
        is_within = real != owner and is_under(real, owner)
        same = "lies within" if is_within else "is the same place as"
        yield f"{show_path(place)} {same} {show_path(other)}: indexed as that, once"
    for place in report.offline:
        if place not in report.unconfirmed:
            yield f"offline, its pictures are kept: {show_path(place)}"
    for place in report.unconfirmed:
        around = [name for name in folders if is_under(place, name)]
        folder = place if place in folders else max(around, key=len, default=place)
        yield (
            f"{show_path(place)} is there but empty, or another disk: its pictures are kept; "
            f"if they are gone for good: lookalike index {_argument(folder)} --gone"
        )
    yield from _left_out(report.patterns)
    if report.skipped or report.failed:
        what = counted(report.skipped + report.failed, "file or folder", plural="files or folders")
        yield f"{what} gave no code; lookalike status says why"
    if report.lossy:
        what = counted(report.lossy, "file")
        yield f"read with a loss: {what}; lookalike status says what is lost"
    if report.shard is not None:
        waits = counted(report.waiting, "file")
        told = f"; {waits} changed or moved, and will be settled by that" if report.waiting else ""
        yield (
            f"this was shard {report.shard}: when all have ended, end with 'lookalike index'"
            f" without --shard{told}"
        )
    yield f"library: {show_path(library)}"


def _counts(report: IndexReport) -> str:
    counts = [(told, getattr(report, name)) for name, told in _COUNTS.items()]
    told = ", ".join(f"{count:,} {name}" for name, count in counts if count) or "nothing to index"
    if report.reread:
        told += f" ({report.reread:,} read again for what they lacked)"
    rate = (
        f" ({report.pictures_per_second:,.0f} pictures a second)"
        if report.pictures_per_second >= 0.5
        else ""
    )
    return f"{told} in {report.seconds:.1f} s{rate}"


def _changes(report: IndexReport, most: int) -> Iterator[str]:
    """What became of known files, kind by kind, at most so many of a kind."""
    for event, told in _EVENTS.items():
        found = [change for change in report.changes if change.what == event]
        if event == "changed silently":
            most = len(found)  # a disk that fails, or a program that hides what it does
        for change in found[:most]:
            yield f"{told}: {_paths(change)}"
        if len(found) > most:
            yield f"{told}: ... and {len(found) - most:,} more: lookalike status lists them"
    if report.changes_count > len(report.changes):
        more = counted(report.changes_count - len(report.changes), "change")
        yield f"... and {more} more, which are not kept"


def _paths(change: Change) -> str:
    path = show_path(change.path)
    return path if change.source is None else f"{show_path(change.source)} -> {path}"


def _left_out(patterns: tuple[LeftOut, ...]) -> Iterator[str]:
    """Which patterns leave something out, folder by folder, and how to take it up again."""
    for folder in dict.fromkeys(one.folder for one in patterns):
        some = [one for one in patterns if one.folder == folder and (one.files or one.folders)]
        given = [one for one in some if not one.own]
        for one in given:
            what = counted(one.files, "file") if one.files else counted(one.folders, "folder")
            back = " (--no-exclude takes them up again)" if one is given[-1] else ""
            yield f"left out of {show_path(folder)}: {what} by '{one_line(one.pattern)}'{back}"
        own = [one for one in some if one.own]
        if own:
            folders = counted(sum(one.folders for one in own), "folder")
            names = ", ".join(_name(one.pattern) for one in own)
            yield (
                f"left out of {show_path(folder)}: {folders} that programs made ({names}): "
                "--all takes them up"
            )


def _name(pattern: str) -> str:
    """A pattern of lookalike's own as the name that people see in their folders."""
    return pattern.removeprefix("**/").strip("/").replace("\\", "")


def _argument(path: str) -> str:
    """A path as a shell takes it, where it can be typed at all."""
    return shlex.quote(path) if show_path(path) == path else show_path(path)
