"""A whole library from one end to another: in portions that are kept, and compared at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lookalike.errors import LibraryDamagedError, LibraryError
from lookalike.library.moving.ends import Source, Target
from lookalike.library.moving.rows import Sum, Table, portions

__all__ = ["Moved", "OnMove", "move_all"]

OnMove: TypeAlias = Callable[[str, int, int], None]
"""Called with what is done, with the rows that are done, and with about all there are."""

PORTION = 5_000  # rows


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of a move.

    Attributes:
        source: where the library was read.
        target: where it is now, too.
        pictures: distinct pictures (contents) that were compared.
        files: likewise.
        encoders: likewise.
        rows: of all tables.
        resumed: rows that were there from a run that was ended.
        looked_again: whether pairs are to be looked at again, since ids have another order there.
    """

    source: str
    target: str
    pictures: int
    files: int
    encoders: int
    rows: int
    resumed: int
    looked_again: bool = False


def move_all(
    source: Source, target: Target, progress: OnMove | None = None, portion: int = PORTION
) -> Moved:
    """Write all that is in a source to a target, and compare them row by row.

    It may be ended at any moment, and goes on there when it is called again.

    Args:
        source: to read.
        target: to write to.
        progress: called after every portion.
        portion: rows that are kept at a time.

    Raises:
        UsageError: the target holds something else.
        LibraryDamagedError: what is read from the target isn't what was read from the source.
        LibraryError: the source changed meanwhile.
    """
    show = progress or (lambda _what, _done, _all: None)
    origin, tables = source.origin, source.tables()
    there = target.begin(origin, tables)
    resumed = 0
    for table in tables:
        every = source.count(table)
        done = there.get(table.name, 0)
        resumed += min(done, every)
        if done >= 1 << 62:
            continue
        for rows in portions(source.read(table, done), portion):
            target.write(table, rows, done)
            done += len(rows)
            show(f"writing {table.name}", done, max(done, every))
    sums = _sums(source, tables, show, "reading")
    _check_noted(source, sums)
    if source.origin != origin:
        raise LibraryError(
            f"{source.told} changed while it was copied: delete {target.told}, and run again"
        )
    kept = _sums(target, tables, show, "comparing")
    for name, one in sums.items():
        same = (
            kept[name].rows == one.rows if target.turned and name == "looks" else kept[name] == one
        )
        if not same:
            raise LibraryDamagedError(
                f"{target.told} isn't what {source.told} is: {name} has {kept[name].rows:,} rows"
                f" for {one.rows:,}, or others; delete it, and run again"
            )
    target.finish(sums)
    counts = {name: one.rows for name, one in sums.items()}
    return Moved(
        source.told,
        target.told,
        counts["contents"],
        counts["files"],
        counts["encoders"],
        sum(counts.values()),
        resumed,
        target.turned,
    )


def _sums(source: Source, tables: Sequence[Table], show: OnMove, word: str) -> dict[str, Sum]:
    sums = {}
    for table in tables:
        one = sums[table.name] = Sum()
        every = source.count(table)
        for rows in portions(source.read(table), PORTION):
            one.add(rows)
            show(f"{word} {table.name}", one.rows, max(one.rows, every))
    return sums


def _check_noted(source: Source, sums: dict[str, Sum]) -> None:
    """Compare what an archive holds with what was written to it."""
    for name, noted in source.noted().items():
        if sums[name].to_json() != noted:
            raise LibraryDamagedError(
                f"{source.told} isn't as it was written: {name} has {sums[name].rows:,} rows for"
                f" {noted['rows']:,}, or others; export it again"
            )
