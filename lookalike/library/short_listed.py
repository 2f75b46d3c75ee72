"""Searches by the photo code in two steps: a short list by its first bits, checked by all of it."""

from __future__ import annotations

from collections.abc import Mapping

from lookalike.errors import UsageError
from lookalike.library.engine import ContentIds, Table
from lookalike.library.over_table import OverTable
from lookalike.library.tables import ArrayTable
from lookalike.types import Codes, Hits, Slot

__all__ = ["ShortListedTable", "short_listed"]


def short_listed(
    tables: Mapping[Slot, Table], first: int | None, location: str
) -> dict[Slot, Table]:
    """Tables whose photo codes are found by short lists of so many bits; all the bits for none.

    Raises:
        UsageError: the codes lie on a server that searches itself.
    """
    made = dict(tables)
    table = made.get("photo")
    if first is None or table is None:
        return made
    if not isinstance(table, ArrayTable):
        raise UsageError(
            f"{location} searches its codes itself, by all of their bits: leave out the short list"
        )
    made["photo"] = ShortListedTable(table, first)
    return made


class ShortListedTable(OverTable):
    """A table of arrays whose nearest are found by their first bits, and checked by all.

    Args:
        whole: the table.
        first: bits of the short lists.
    """

    def __init__(self, whole: ArrayTable, first: int) -> None:
        super().__init__(whole)
        self._arrays, self._first = whole, first

    def nearest(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> Hits:
        """See :class:`~lookalike.library.engine.Table`."""
        return self._arrays.nearest_by_prefix(queries, k, self._first, among=among)
