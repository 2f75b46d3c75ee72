"""A table that asks another one, and changes some of its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from lookalike.library.engine import ContentIds, PartHits, Stored, Table, ViewHits
from lookalike.library.records import EncoderInfo
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["OverTable"]


class OverTable:
    """A :class:`~lookalike.library.engine.Table` that hands all on to another one.

    Args:
        whole: the other one.
    """

    def __init__(self, whole: Table) -> None:
        self._whole = whole

    @property
    def encoder(self) -> EncoderInfo:
        """See :class:`~lookalike.library.engine.Table`, as for all that follow."""
        return self._whole.encoder

    def __len__(self) -> int:
        return len(self._whole)

    def nearest(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> Hits:
        return self._whole.nearest(queries, k, among=self._some(among))

    def within(self, queries: Codes, radius: int, *, among: ContentIds | None = None) -> RadiusHits:
        return self._whole.within(queries, radius, among=self._some(among))

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]]:
        yield from self._whole.pairs(radius, progress=progress)

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
        return self._whole.stored(contents)

    def sample(self, most: int, seed: int = 0) -> ContentIds:
        return self._whole.sample(most, seed)

    def _some(self, among: ContentIds | None) -> ContentIds | None:
        return among
