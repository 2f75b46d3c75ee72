"""Codes of some contents alone: what a search with a filter looks among."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lookalike.library.engine import ContentIds, Stored, Table
from lookalike.library.filters import Filter
from lookalike.library.over_table import OverTable
from lookalike.library.store import Store
from lookalike.types import Slot

__all__ = ["NarrowedTable", "narrowed"]


def narrowed(
    store: Store, tables: Mapping[Slot, Table], only: Filter | None
) -> Mapping[Slot, Table]:
    """Tables that find only what fits a filter; they themselves where nothing is asked."""
    among = None if only is None else store.matching(only)
    if among is None:
        return tables
    return {slot: NarrowedTable(table, among) for slot, table in tables.items()}


class NarrowedTable(OverTable):
    """A :class:`~lookalike.library.engine.Table` that finds some of another one's contents.

    Args:
        whole: the other one.
        among: the contents, ascending.
    """

    def __init__(self, whole: Table, among: ContentIds) -> None:
        super().__init__(whole)
        self._among = among

    def __len__(self) -> int:
        return len(self.sample(len(self._whole)))

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]]:
        for first, second, distances in super().pairs(radius, progress=progress):
            kept = np.isin(first, self._among) & np.isin(second, self._among)
            yield first[kept], second[kept], distances[kept]

    def stored(self, contents: ContentIds) -> Stored:
        found = super().stored(contents)
        return replace(found, there=found.there & np.isin(contents, self._among))

    def sample(self, most: int, seed: int = 0) -> ContentIds:
        ids = self._whole.sample(len(self._whole))
        ids = ids[np.isin(ids, self._among)]
        if len(ids) <= most:
            return ids
        rows = np.random.default_rng(seed).choice(len(ids), most, replace=False)
        return ids[np.sort(rows)]

    def _some(self, among: ContentIds | None) -> ContentIds:
        if among is None:
            return self._among
        return np.intersect1d(self._among, among)
