"""Codes of some contents alone: what a search with a filter looks among."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lookalike.library.engine import ContentIds, PartHits, Stored, Table, ViewHits
from lookalike.library.filters import Filter
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.types import Codes, Hits, RadiusHits, Slot

__all__ = ["NarrowedTable", "narrowed"]


def narrowed(
    store: Store, tables: Mapping[Slot, Table], only: Filter | None
) -> Mapping[Slot, Table]:
    """Tables that find only what fits a filter; they themselves where nothing is asked."""
    among = None if only is None else store.matching(only)
    if among is None:
        return tables
    return {slot: NarrowedTable(table, among) for slot, table in tables.items()}


class NarrowedTable:
    """A :class:`~lookalike.library.engine.Table` that finds some of another one's contents.

    Args:
        whole: the other one.
        among: the contents, ascending.
    """

    def __init__(self, whole: Table, among: ContentIds) -> None:
        self._whole, self._among = whole, among

    @property
    def encoder(self) -> EncoderInfo:
        """See :class:`~lookalike.library.engine.Table`, as for all that follow."""
        return self._whole.encoder

    def __len__(self) -> int:
        return len(self.sample(len(self._whole)))

    def nearest(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> Hits:
        return self._whole.nearest(queries, k, among=self._some(among))

    def within(self, queries: Codes, radius: int, *, among: ContentIds | None = None) -> RadiusHits:
        return self._whole.within(queries, radius, among=self._some(among))

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]]:
        for first, second, distances in self._whole.pairs(radius, progress=progress):
            kept = np.isin(first, self._among) & np.isin(second, self._among)
            yield first[kept], second[kept], distances[kept]

    @property
    def has_parts(self) -> bool:
        return self._whole.has_parts

    def nearest_parts(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> PartHits:
        return self._whole.nearest_parts(queries, k, among=self._some(among))

    @property
    def has_views(self) -> bool:
        return self._whole.has_views

    def nearest_views(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> ViewHits:
        return self._whole.nearest_views(queries, k, among=self._some(among))

    def by_vector(
        self,
        weights: npt.NDArray[np.float32],
        constant: float,
        k: int,
        *,
        among: ContentIds | None = None,
    ) -> tuple[ContentIds, npt.NDArray[np.float32]]:
        return self._whole.by_vector(weights, constant, k, among=self._some(among))

    def stored(self, contents: ContentIds) -> Stored:
        found = self._whole.stored(contents)
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
