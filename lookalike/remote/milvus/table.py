"""The codes of one encoder in Milvus, as questions are put to them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words, bytes_for, to_words, words_for
from lookalike.images.parts.nine import PARTS
from lookalike.indexes.kept import KeptIndex
from lookalike.library.engine import ContentIds, PartHits, Stored, ViewHits
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.remote.milvus.codes import PIECES
from lookalike.remote.milvus.connection import Row, as_bytes, quoted
from lookalike.remote.milvus.searching import Found, nearest, within
from lookalike.remote.milvus.store import MilvusStore
from lookalike.types import Codes, Hits, RadiusHits

__all__ = ["MilvusTable"]

_SHOWN: Final = "shown == true"
_AMONG: Final = 20_000  # ids in one expression
_PORTION: Final = 2_000
_UNITS: Final = 65_535


class MilvusTable:
    """The :class:`~lookalike.library.engine.Table` of an encoder's codes in Milvus.

    It keeps no codes: each question goes to the server, and is answered by what is there then.

    Args:
        store: of the library.
        encoder: whose codes these are.
        collection: of the codes.
        stamp: of the library.
        parts: whether parts are searched for.
    """

    def __init__(
        self,
        store: MilvusStore,
        encoder: EncoderInfo,
        collection: str,
        stamp: Stamp,
        *,
        parts: bool,
    ) -> None:
        self.encoder, self.stamp = encoder, stamp
        self._store, self._connection = store, store.connection
        self._collection = collection
        self._parts = store.pieces_of(encoder, views=False) if parts else None
        self._views = store.pieces_of(encoder, views=True)
        self._width = bytes_for(encoder.bits)
        self.has_parts = parts

    @cached_property
    def _length(self) -> int:
        return self._connection.count(self._collection, _SHOWN)

    def __len__(self) -> int:
        return self._length

    def nearest(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> Hits:
        """See :class:`~lookalike.library.engine.Table`, as for all that follow."""
        found = self._nearest(self._collection, "id", queries, k, among)
        ids, distances = _padded(found, k)
        return Hits(ids, distances, all(one.exact for one in found))

    def _nearest(
        self,
        collection: str | None,
        key: str,
        queries: Codes,
        k: int,
        among: ContentIds | None,
    ) -> list[Found]:
        none = Found(np.empty(0, np.int64), np.empty(0, np.int32), True)
        if collection is None or not len(queries) or k < 1:
            return [none] * len(queries)
        asked = [row.tobytes() for row in queries]
        answers = [
            nearest(self._connection, collection, asked, k, where) for where in _wheres(key, among)
        ]
        return [_joined(parts, k) for parts in zip(*answers, strict=True)] or [none] * len(asked)

    def within(self, queries: Codes, radius: int, *, among: ContentIds | None = None) -> RadiusHits:
        asked = [row.tobytes() for row in queries]
        wheres = _wheres("id", among) if len(asked) else []
        answers = [
            within(self._connection, self._collection, asked, radius, where) for where in wheres
        ]
        found = [_joined(parts, None) for parts in zip(*answers, strict=True)]
        if not found:
            found = [Found(np.empty(0, np.int64), np.empty(0, np.int32), True)] * len(asked)
        offsets = np.zeros(len(found) + 1, np.int64)
        offsets[1:] = np.cumsum([len(one.ids) for one in found])
        if not found:
            return RadiusHits(offsets, np.empty(0, np.int64), np.empty(0, np.int32), True)
        return RadiusHits(
            offsets,
            np.concatenate([one.ids for one in found]),
            np.concatenate([one.distances for one in found]),
            all(one.exact for one in found),
        )

    def pairs(
        self, radius: int, *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[tuple[ContentIds, ContentIds, npt.NDArray[np.int32]]]:
        # All pairs take as many questions as there are codes: the codes themselves are fewer
        # bytes than these answers, and a scan here knows how to leave out most of them.
        ids, words = self._all_codes()
        if not len(ids):
            return
        index = KeptIndex(words, self.encoder.bits, ids)
        try:
            yield from index.pairs(radius, progress=progress)
        finally:
            index.close()

    def _all_codes(self) -> tuple[ContentIds, Words]:
        ids: list[int] = []
        rows: list[bytes] = []
        for row in self._connection.scan(self._collection, "id", ["code"], _SHOWN):
            ids.append(row["id"])
            rows.append(as_bytes(row["code"]))
        packed = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, self._width)
        return np.array(ids, np.int64), to_words(packed)

    def nearest_parts(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> PartHits:
        found = self._nearest(self._parts, "content", queries, k, among)
        ids, distances = _padded(found, k)
        contents = np.where(ids < 0, -1, ids // PIECES)
        return PartHits(contents, ids % PIECES, distances, all(one.exact for one in found))

    @cached_property
    def has_views(self) -> bool:
        views = self._views
        return views is not None and bool(self._connection.query(views, _SHOWN, ["id"], limit=1))

    def nearest_views(self, queries: Codes, k: int, *, among: ContentIds | None = None) -> ViewHits:
        found = self._nearest(self._views, "content", queries, k, among)
        ids, distances = _padded(found, k)
        boxes = np.zeros((*ids.shape, 4))
        quality = np.full(ids.shape, 100, np.uint8)
        if self._views is not None:
            wanted = np.unique(ids[ids >= 0])
            rows = self._connection.of(self._views, "id", wanted.tolist(), ["id", "box", "quality"])
            for row in rows:
                here = ids == row["id"]
                boxes[here] = np.frombuffer(bytes.fromhex(row["box"]), "<u2") / _UNITS
                quality[here] = row["quality"] if row["quality"] >= 0 else 100
        contents = np.where(ids < 0, -1, ids // PIECES)
        return ViewHits(contents, boxes, quality, distances, all(one.exact for one in found))

    def by_vector(
        self,
        weights: npt.NDArray[np.float32],
        constant: float,
        k: int,
        *,
        among: ContentIds | None = None,
    ) -> tuple[ContentIds, npt.NDArray[np.float32]]:
        best_ids, best = np.empty(0, np.int64), np.empty(0, np.float32)
        for portion in self._embedded(among):
            rows = [row for row in portion if row["embedding"] != "-"]
            joined = b"".join(base64.b64decode(row["embedding"]) for row in rows)
            vectors = np.frombuffer(joined, np.int8).reshape(-1, len(weights))
            sums = vectors.astype(np.float32) @ weights + np.float32(constant)
            ids = np.array([row["id"] for row in rows], np.int64)
            best_ids, best = np.concatenate([best_ids, ids]), np.concatenate([best, sums])
            order = np.lexsort((best_ids, -best))[:k]
            best_ids, best = best_ids[order], best[order]
        return best_ids, best

    def _embedded(self, among: ContentIds | None) -> Iterator[list[Row]]:
        """Rows with their embeddings, in portions."""
        if among is None:
            portion: list[Row] = []
            scan = self._connection.scan(
                self._collection, "id", ["embedding"], _SHOWN, rows=_PORTION
            )
            for row in scan:
                portion.append(row)
                if len(portion) == _PORTION:
                    yield portion
                    portion = []
            if portion:
                yield portion
            return
        for start in range(0, len(among), _PORTION):
            keys = quoted(among[start : start + _PORTION].tolist())
            where = f"id in {keys} and {_SHOWN}"
            if portion := self._connection.query(self._collection, where, ["id", "embedding"]):
                yield portion

    def stored(self, contents: ContentIds) -> Stored:
        count, size = len(contents), self.encoder.embedding_size
        there = np.zeros(count, np.bool_)
        codes = np.zeros((count, self._width), np.uint8)
        quality = np.zeros(count, np.uint8)
        embeddings = np.zeros((count, size), np.int8)
        parts = np.zeros((count * len(PARTS), self._width), np.uint8) if self._parts else None
        fields = ["id", "code", "quality"]
        fields += ["embedding"] if size else []
        fields += ["parts"] if parts is not None else []
        found: dict[int, Row] = {}
        wanted = np.unique(contents)
        for start in range(0, len(wanted), _PORTION):
            keys = quoted(wanted[start : start + _PORTION].tolist())
            where = f'id in {keys} and odd == ""'
            for row in self._connection.query(self._collection, where, fields):
                found[row["id"]] = row
        for place, content in enumerate(contents.tolist()):
            row_ = found.get(content)
            if row_ is None:
                continue
            there[place] = True
            code = as_bytes(row_["code"])
            codes[place] = np.frombuffer(code, np.uint8)
            quality[place] = row_["quality"] if row_["quality"] >= 0 else 100
            if size and row_["embedding"] != "-":
                embeddings[place] = np.frombuffer(base64.b64decode(row_["embedding"]), np.int8)
            if parts is not None:
                packed = row_["parts"]
                held = code * len(PARTS) if packed == "-" else base64.b64decode(packed)
                rows = np.frombuffer(held, np.uint8).reshape(len(PARTS), -1)
                parts[place * len(PARTS) : (place + 1) * len(PARTS)] = rows
        words = to_words(codes) if count else np.empty((0, words_for(self.encoder.bits)), np.uint64)
        packed_parts = None if parts is None else to_words(parts).reshape(count, -1)
        return Stored(there, words, quality, embeddings if size else None, packed_parts)

    def sample(self, most: int, seed: int = 0) -> ContentIds:
        # Ids are digests, so that those behind any number are as good as drawn by lot.
        start = 0
        if most < len(self):
            start = int(np.random.default_rng(seed).integers(0, 2**59))
        found = self._behind(start, most)
        if start and len(found) < most:
            found = np.concatenate([self._behind(0, most - len(found), start), found])
        return np.unique(found)

    def _behind(self, start: int, most: int, end: int | None = None) -> ContentIds:
        where = _SHOWN if end is None else f"{_SHOWN} and id <= {end}"
        scan = self._connection.scan(self._collection, "id", [], where, after=start)
        ids = (row["id"] for row, _ in zip(scan, range(most), strict=False))
        return np.fromiter(ids, np.int64)


def _wheres(key: str, among: ContentIds | None) -> list[str]:
    """What narrows a search down; several where one expression would be too long."""
    if among is None:
        return [_SHOWN]
    portions = [among[n : n + _AMONG] for n in range(0, len(among), _AMONG)]
    return [f"{key} in {quoted(portion.tolist())} and {_SHOWN}" for portion in portions]


def _joined(parts: Sequence[Found], k: int | None) -> Found:
    """One answer of several that have no row in common."""
    if len(parts) == 1:
        return parts[0]
    ids = np.concatenate([part.ids for part in parts])
    distances = np.concatenate([part.distances for part in parts])
    order = np.lexsort((ids, distances))[:k]
    return Found(ids[order], distances[order], all(part.exact for part in parts))


def _padded(found: Sequence[Found], k: int) -> tuple[ContentIds, npt.NDArray[np.int32]]:
    ids = np.full((len(found), k), -1, np.int64)
    distances = np.full((len(found), k), -1, np.int32)
    for row, one in enumerate(found):
        ids[row, : len(one.ids)] = one.ids
        distances[row, : len(one.ids)] = one.distances
    return ids, distances
