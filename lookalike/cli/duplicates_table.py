"""What ``lookalike duplicates --csv`` prints."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import click

from lookalike.matching.edits_words import words

if TYPE_CHECKING:
    from lookalike.library.duplicates.records import Duplicates

__all__ = ["COLUMNS", "print_table"]

COLUMNS = (
    "group",
    "kind",
    "path",
    "member",
    "bytes",
    "width",
    "height",
    "distance",
    "chance",
    "frees",
    "said",
)
"""The heading; ``kind`` is ``keep`` for the picture to keep, and ``said`` why, or the edits."""


def print_table(found: Duplicates) -> None:
    """Print a line for each picture, those of a group one after the other, first what is kept."""
    _print(COLUMNS)
    for group in found.groups:
        keep = group.keep
        sides = (keep.width, keep.height)
        _print(
            (group.id, "keep", keep.path, keep.member, keep.bytes, *sides, None, None, "no",
             keep.why)
        )  # fmt: skip
        for one in group.members:
            frees = "yes" if one.frees else "no"
            sides = (one.width, one.height)
            _print(
                (group.id, one.kind, one.path, one.member, one.bytes, *sides, one.distance,
                 one.chance, frees, words(one.edits))
            )  # fmt: skip


def _print(row: tuple[Any, ...]) -> None:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    # Bytes of paths that aren't UTF-8 come out as they are.
    click.echo(line.getvalue().encode("utf-8", "surrogateescape"), nl=False)
