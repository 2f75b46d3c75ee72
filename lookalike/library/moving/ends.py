"""What a whole library can be read from and written to: a place, or a folder of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from lookalike.library.moving.rows import Row, Sum, Table

__all__ = ["Origin", "Source", "Target"]


class Origin(NamedTuple):
    """Where rows are from, and in which state that was.

    Attributes:
        uuid: names the library.
        epoch: as of :class:`lookalike.library.records.Stamp`.
        generation: likewise.
    """

    uuid: str
    epoch: int
    generation: int


class Source(Protocol):
    """What a library is read from."""

    @property
    def told(self) -> str:
        """Where it is, for messages."""

    @property
    def origin(self) -> Origin:
        """The library as it is now."""

    def tables(self) -> list[Table]:
        """In the order in which they are to be written."""

    def count(self, table: Table) -> int:
        """About how many rows it has, for the progress."""

    def read(self, table: Table, skip: int = 0) -> Iterator[Row]:
        """The rows in an order that stays the same, without the first ones."""

    def noted(self) -> Mapping[str, Mapping[str, int | str]]:
        """The sums that were noted when it was written, by table; none of what still changes."""


class Target(Source, Protocol):
    """What a library is written to, and read again to compare."""

    def begin(self, origin: Origin, tables: Sequence[Table]) -> Mapping[str, int]:
        """Make ready, and say how many rows of each table are there from a run that was ended.

        Raises:
            UsageError: it holds something else.
        """

    def write(self, table: Table, rows: Sequence[Row], before: int) -> None:
        """Add rows behind those ``before`` them; they are kept whole or not at all.

        Where a place can't do that, the same rows may be written again.
        """

    def finish(self, sums: Mapping[str, Sum]) -> None:
        """Note that all is there, and the same."""

    @property
    def turned(self) -> bool:
        """Whether pairs were proposed anew, since ids have another order here."""
