"""Printing: paths in a reversible way, JSON, sizes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from lookalike.fields import json_values, record_values, told_of

__all__ = [
    "counted",
    "note",
    "one_line",
    "print_json",
    "print_line",
    "record_table",
    "show_path",
    "size",
    "table",
]

# Not printable by Python's reckoning, and harmless: other blanks, and the joiner inside emoji.
_ALSO_PRINTABLE = frozenset("\u00a0\u3000\u200d")


def show_path(path: str) -> str:
    """A path for a terminal: as it is where that is unmistakable, else as a JSON string.

    The JSON form, in double quotes, is for what can't be printed or would move the cursor (bytes
    that aren't UTF-8, newlines, control characters, marks that turn the direction of text) and for
    a path that starts with a double quote. ``os.fsencode(json.loads(shown))`` gives its bytes.
    """
    if path.startswith('"') or not _printable(path):
        return json.dumps(path)
    return path


def one_line(text: str) -> str:
    """A message with every character that can't be printed written as an escape."""
    return "".join(c if _printable(c) else json.dumps(c)[1:-1] for c in " ".join(text.splitlines()))


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object, with records in it or without.

    In ASCII: bytes of paths that aren't UTF-8 are lone surrogates.
    """
    click.echo(json.dumps(value, indent=2, default=json_values))


def print_line(value: Mapping[str, object]) -> None:
    """Print one JSON object on a line of its own, one of several; else as :func:`print_json`."""
    click.echo(json.dumps(value, default=json_values))


def note(message: str) -> None:
    """Print a line for people on standard error."""
    click.echo(message, err=True)


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines of columns, the last one ragged.

    Args:
        rows: the heading first.
        right: columns that are aligned on the right, such as numbers.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        cells[-1] = row[-1]
        lines.append("  ".join(cells))
    return lines


def record_table(
    records: Sequence[Any], said: Mapping[str, Callable[[Any], str | None]] | None = None
) -> list[str]:
    """Lines of a table of records, with the columns that their dataclass tells of.

    Args:
        records: of one dataclass.
        said: what is said of a field's value, by the name of the field, in place of the value.
    """
    if not records:
        return []
    rows = [record_values(record) for record in records]
    for name, say in (said or {}).items():
        for row in rows:
            row[name] = say(row[name])
    columns = [
        (name, about)
        for name, about in told_of(records[0]).items()
        if about.heading and (about.always or any(row[name] is not None for row in rows))
    ]
    columns.sort(key=lambda column: column[1].last)
    cells = [
        [
            "" if row[name] is None else show_path(about.cell.format_map(row))
            for name, about in columns
        ]
        for row in rows
    ]
    right = [number for number, (_, about) in enumerate(columns) if about.right]
    return table([[about.heading for _, about in columns], *cells], right=right)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Such as ``1 picture`` and ``1,510 pictures``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(count: int) -> str:
    """Bytes for people, in powers of 1000: ``917 B``, ``12.3 kB``, ``4.0 GB``."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} TB"


def _printable(text: str) -> bool:
    if not all(c.isprintable() or c in _ALSO_PRINTABLE for c in text):
        return False
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
