"""``lookalike status``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import click

from lookalike.cli.options import json_option, library_option, verbose_option
from lookalike.cli.output import counted, one_line, print_json, show_path, size, table
from lookalike.fields import json_values

if TYPE_CHECKING:
    from lookalike.library.ledger import Group
    from lookalike.library.reports import Status
    from lookalike.library.run_records import Change

__all__ = ["status"]

# Files of one group that are named on a terminal.
_SHOWN = 100


@click.command(short_help="Say what the library holds.")
@click.option(
    "--measure",
    is_flag=True,
    help="Measure first what searching costs on this machine; it is kept for later.",
)
@click.option("--all", "everything", is_flag=True, help="Name all files of each group.")
@json_option
@library_option
@verbose_option
def status(measure: bool, everything: bool, as_json: bool, library: str) -> None:
    """Say what the library holds: counts, sizes, folders, codes, and the files without a code.

    Files without a code are grouped by what is the matter, with what to do about it.
    """
    from lookalike.library import Library

    with Library.open(library, create=False) as opened:
        found = opened.status(measure=measure)
    if as_json:
        print_json(json_values(found))
    else:
        _print_status(found)
        _print_ledger(found, None if everything else _SHOWN)


def _print_status(found: Status) -> None:
    read_only = ", read-only" if found.read_only else ""
    click.echo(f"library   {show_path(found.path)} (schema {found.version}{read_only})")
    gone = f", {counted(found.missing, 'file')} missing or left out" if found.missing else ""
    click.echo(f"pictures  {found.pictures:,}, {found.distinct:,} different{gone}")
    sizes = f"{size(found.library_bytes)}, cache {size(found.cache_bytes)}"
    if found.previews:
        sizes += f", {counted(found.previews, 'preview')} {size(found.previews_bytes)}"
    click.echo(f"size      {sizes}")
    for code in found.codes:
        fitted = "" if code.fitted_on is None else f", fitted on {code.fitted_on:,}"
        old = f", {code.stale:,} old: run lookalike reindex" if code.stale else ""
        click.echo(
            f"code      {code.name}: {code.bits} bits, "
            f"{counted(code.pictures, 'picture')}{fitted}{old}"
        )
        click.echo(f"          searched by {code.index}")
    for folder in found.folders:
        notes = [] if folder.online else ["offline"]
        if folder.note:
            notes = [
                one_line(folder.note) if folder.online else f"offline: it {one_line(folder.note)}"
            ]
        if folder.everything:
            notes.append("with programs' own folders")
        notes += [f"without {one_line(pattern)}" for pattern in folder.exclude]
        told = f" ({', '.join(notes)})" if notes else ""
        pictures = counted(folder.pictures, "picture")
        click.echo(f"folder    {show_path(folder.path)}: {pictures}{told}")
    if found.changes_count:
        click.echo(f"\nChanges in the last run ({found.changes_count:,}):")
        for line in table([_change(change) for change in found.changes]):
            click.echo(line.rstrip())
        more = found.changes_count - len(found.changes)
        if more > 0:
            click.echo(f"... and {more:,} more, which are not kept")


def _print_ledger(found: Status, most: int | None) -> None:
    """The files without a code, group by group, and those that were read with a loss."""
    from lookalike.library.ledger import group_of

    rows: dict[Group, list[tuple[str, str, str]]] = defaultdict(list)
    for entry in found.ledger:
        row = entry.status, show_path(entry.path), one_line(entry.reason)
        rows[group_of(entry)].append(row)
    rows["loss"] = [("read", show_path(e.path), one_line(e.reason)) for e in found.losses]
    if found.ledger:
        click.echo(f"\nFiles and folders without a code ({len(found.ledger):,}):")
    for group in found.groups:
        some = rows[group.name]
        title = group.title[:1].upper() + group.title[1:]
        click.echo(f"\n{title} ({group.files:,}): {group.advice}")
        for line in table(some[:most]):
            click.echo(line)
        if most is not None and len(some) > most:
            click.echo(f"... and {len(some) - most:,} more: lookalike status --all names them")


def _change(change: Change) -> tuple[str, str, str]:
    before = "" if change.source is None else f"from {show_path(change.source)}"
    return change.what, show_path(change.path), before
