"""What a user decided about duplicates: a part of a library's contract.

Decisions are about contents and not about files, so that they outlive moves and another index; they
are kept also of contents that the library doesn't have any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from lookalike.library.records import ContentKey

__all__ = ["Rejection", "Settlement", "VerdictStore"]


class Rejection(NamedTuple):
    """Two contents that are no duplicates of each other, whatever anybody sees.

    Attributes:
        first: the lesser key.
        second: the other one.
        made: when it was decided, ISO 8601, in UTC.
    """

    first: ContentKey
    second: ContentKey
    made: str


class Settlement(NamedTuple):
    """A group that is fine as it is.

    Attributes:
        group: its id.
        members: its contents, and how many files showed each.
        made: when it was decided, ISO 8601, in UTC.
    """

    group: str
    members: Mapping[ContentKey, int]
    made: str


class VerdictStore(Protocol):
    """A part of :class:`lookalike.library.store.Store`."""

    def rejections(self) -> list[Rejection]:
        """All pairs that were rejected, by their keys."""

    def put_rejections(self, pairs: Sequence[Rejection]) -> None:
        """Keep such decisions; one that is there stays as it is."""

    def drop_rejections(self, pairs: Sequence[Rejection]) -> None:
        """Take back such decisions."""

    def settlements(self) -> list[Settlement]:
        """All groups that were settled, by their ids."""

    def put_settlements(self, groups: Sequence[Settlement]) -> None:
        """Keep such decisions, in place of those about groups of the same ids."""

    def drop_settlements(self, groups: Sequence[str]) -> None:
        """Take back such decisions, by the groups' ids."""
