"""Codes as arrays in the order of content ids, and the answers that can be had from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words
from lookalike.images.parts.nine import PARTS
from lookalike.indexes.exact import ExactScan, exact_scan
from lookalike.indexes.kept import KeptIndex
from lookalike.indexes.prefix import PrefixIndex
from lookalike.library.engine import ContentIds, PartHits, Stored, ViewHits
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.views import ViewRows
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["ArrayTable", "index_stamp"]

Mask = npt.NDArray[np.bool_]

_BLOCK = 16_384  # embeddings that are turned into float32 at a time


class ArrayTable:
    """A :class:`~lookalike.library.engine.Table` over arrays, in memory or mapped; none changes.

    Args:
        encoder: that made the codes.
        contents: ids, ascending, int64 (n,).
        words: codes padded to 64-bit words, uint64 (n, words).
        quality: uint8 (n,).
        embeddings: int8 (n, d); d is 0 where the encoder has none.
        parts: the codes of each content's parts, uint64 (n, parts * words); of no parts where the
            library has none. A content whose parts have no codes yet has its own in their place.
        visible: whether some present file holds the content, bool (n,).
        views: the codes of what contents hold; contents without a row of their own aren't found.
        stamp: of the library when the arrays were made.
        folder: where the index over the codes may keep tables of its own; ``None`` for nowhere.
    """

    def __init__(
        self,
        encoder: EncoderInfo,
        *,
        contents: ContentIds,
        words: Words,
        quality: npt.NDArray[np.uint8],
        embeddings: npt.NDArray[np.int8],
        parts: Words,
        visible: Mask,
        stamp: Stamp,
        views: ViewRows | None = None,
        folder: Path | None = None,
    ) -> None:
        self.encoder = encoder
        self.contents, self.words, self.quality = contents, words, quality
        self.embeddings, self.parts, self.visible = embeddings, parts, visible
        self.stamp, self._views = stamp, views
        self._folder = folder
        self._by_prefix: dict[int, PrefixIndex] = {}
        # No mask is cheaper than one that allows everything.
        self._allowed = None if bool(visible.all()) else np.asarray(visible)

    def __len__(self) -> int:
        return int(np.count_nonzero(self.visible))

    def nearest(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> Hits:
        """See :class:`~lookalike.library.engine.Table`, as for all that follow."""
        return self._index.search(queries, k, allowed=self._mask(among))

    def nearest_by_prefix(
        self, queries: Codes, k: int, first: int, *, among: ContentIds | None = None
    ) -> Hits:
        """The k nearest of short lists by the first bits, which are put beside the codes once."""
        made = self._by_prefix.get(first)
        if made is None:
            made = PrefixIndex(self.words, self.encoder.bits, first, self.contents)
            self._by_prefix = {first: made}
        return made.search(queries, k, allowed=self._mask(among))

    def within(self, queries: Codes, radius: int, *, among: ContentIds | None = None) -> RadiusHits:
        return self._index.within(queries, radius, allowed=self._mask(among))

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]]:
        return self._index.pairs(radius, allowed=self._allowed, progress=progress)

    @property
    def has_parts(self) -> bool:
        return bool(self.parts.shape[1])

    def nearest_parts(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> PartHits:
        mask = self._mask(among)
        allowed = None if mask is None else np.repeat(mask, len(PARTS))
        hits = self._part_index.search(queries, k, allowed=allowed)
        rows = hits.ids // len(PARTS)
        contents = np.where(hits.ids < 0, -1, self.contents[np.maximum(rows, 0)])
        return PartHits(contents, hits.ids % len(PARTS), hits.distances, hits.exact)

    @property
    def has_views(self) -> bool:
        return self._views is not None and bool(len(self._views.contents))

    def nearest_views(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> ViewHits:
        views = self._views
        if views is None or not len(views.contents):
            none = np.empty((len(queries), 0))
            return ViewHits(
                none.astype(np.int64),
                np.empty((len(queries), 0, 4)),
                none.astype(np.uint8),
                none.astype(np.int32),
                True,
            )
        allowed = self._shown_views
        if among is not None:
            allowed = allowed & np.isin(views.contents, among)
        hits = self._view_index.search(queries, k, allowed=allowed)
        rows = np.maximum(hits.ids, 0)
        contents = np.where(hits.ids < 0, -1, views.contents[rows])
        return ViewHits(
            contents, views.boxes[rows], views.quality[rows], hits.distances, hits.exact
        )

    def by_vector(
        self,
        weights: npt.NDArray[np.float32],
        constant: float,
        k: int,
        *,
        among: ContentIds | None = None,
    ) -> tuple[ContentIds, npt.NDArray[np.float32]]:
        sums = np.empty(len(self.embeddings), np.float32)
        for start in range(0, len(sums), _BLOCK):
            block = self.embeddings[start : start + _BLOCK].astype(np.float32)
            sums[start : start + _BLOCK] = block @ weights
        sums += np.float32(constant)
        mask = self._mask(among)
        rows = np.arange(len(sums)) if mask is None else np.flatnonzero(mask)
        if len(rows) > k:
            least = np.partition(sums[rows], -k)[-k]
            rows = rows[sums[rows] >= least]
        rows = rows[np.argsort(-sums[rows], kind="stable")][:k]
        return self.contents[rows], sums[rows]

    def stored(self, contents: ContentIds) -> Stored:
        rows = np.searchsorted(self.contents, contents)
        if len(self.contents):
            rows = np.minimum(rows, len(self.contents) - 1)
            there = self.contents[rows] == contents
        else:
            there = np.zeros(len(contents), np.bool_)
            return Stored(
                there,
                np.zeros((len(contents), self.words.shape[1]), np.uint64),
                np.zeros(len(contents), np.uint8),
                None,
            )
        embeddings = self.embeddings[rows] if self.embeddings.shape[1] else None
        parts = self.parts[rows] if self.has_parts else None
        return Stored(there, self.words[rows], self.quality[rows], embeddings, parts)

    def sample(self, most: int, seed: int = 0) -> ContentIds:
        ids = self.contents if self._allowed is None else self.contents[self._allowed]
        if len(ids) <= most:
            return np.array(ids)
        rows = np.random.default_rng(seed).choice(len(ids), most, replace=False)
        return ids[np.sort(rows)]

    def _mask(self, among: ContentIds | None) -> Mask | None:
        if among is None:
            return self._allowed
        mask = np.isin(self.contents, among)
        return mask if self._allowed is None else mask & self._allowed

    def follow(self, older: ArrayTable) -> None:
        """Take over the index of an older table that these arrays only add rows to."""
        same = (older.stamp.uuid, older.stamp.epoch) == (self.stamp.uuid, self.stamp.epoch)
        made = older.__dict__.get("_index")  # if anybody asked it
        if made is not None and same and older.encoder.id == self.encoder.id:
            self.__dict__["_index"] = made.extended(self.words, self.contents)

    def close(self) -> None:
        """Give up what the index does in the background."""
        made = self.__dict__.get("_index")
        if made is not None:
            made.close()

    @cached_property
    def _index(self) -> KeptIndex:
        return KeptIndex(
            self.words,
            self.encoder.bits,
            self.contents,
            folder=self._folder,
            stamp=index_stamp(self.encoder, self.stamp),
        )

    @cached_property
    def _view_index(self) -> ExactScan:
        words = self.words[:0] if self._views is None else self._views.words
        return exact_scan(words, self.encoder.bits)

    @cached_property
    def _shown_views(self) -> Mask:
        """Which views are of contents that can be found."""
        owners = np.empty(0, np.int64) if self._views is None else self._views.contents
        return np.isin(owners, self.contents[self.visible])

    @cached_property
    def _part_index(self) -> ExactScan:
        return exact_scan(self.parts.reshape(-1, self.words.shape[1]), self.encoder.bits)


def index_stamp(encoder: EncoderInfo, stamp: Stamp) -> str:
    """Changes whenever an encoder's codes change, other than by further ones behind the others."""
    return f"{stamp.uuid}-{stamp.epoch}-{encoder.fingerprint}"
