"""The codes of a store as arrays in the order of content ids."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import bytes_for, to_words, words_for
from lookalike.images.parts.nine import PARTS
from lookalike.library.records import EncoderInfo
from lookalike.library.store import Store
from lookalike.library.tables import ArrayTable
from lookalike.library.views import unpack
from lookalike.types import ContentId

__all__ = ["Fields", "TellsChanges", "blocks", "fields_of", "in_memory", "visible_mask"]

PORTION = 10_000


@runtime_checkable
class TellsChanges(Protocol):
    """A store far away, which is asked for what has changed instead of for all."""

    def touched(self, generation: int) -> npt.NDArray[np.int64]:
        """The contents whose pictures have come, changed or gone since, ascending, int64 (n,)."""

    def shown(self, contents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Those of the contents that some present file holds, int64 (n,)."""


Fields: TypeAlias = dict[str, tuple[type[Any], int]]
"""Name: (dtype, columns) of the arrays that only grow."""


def fields_of(store: Store, encoder: EncoderInfo) -> Fields:
    """The arrays that an encoder's codes make."""
    found: Fields = {
        "contents": (np.int64, 1),
        "words": (np.uint64, words_for(encoder.bits)),
        "quality": (np.uint8, 1),
        "embeddings": (np.int8, encoder.embedding_size),
    }
    if encoder.slot == "photo" and store.setting("parts") == "1":
        found["parts"] = (np.uint64, len(PARTS) * words_for(encoder.bits))
    return found


def blocks(
    store: Store, encoder: EncoderInfo, last: ContentId, fields: Fields
) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """The codes after content ``last`` in portions, as the arrays of :func:`fields_of`."""
    width = bytes_for(encoder.bits)
    count = len(PARTS) if "parts" in fields else 0
    codes = store.codes(encoder.id, last)
    while portion := list(islice(codes, PORTION)):
        n = len(portion)
        packed = np.frombuffer(b"".join(c.code for c in portion), np.uint8).reshape(n, width)
        embeddings = np.empty((n, 0), np.int8)
        if encoder.embedding_size:
            joined = b"".join(c.embedding or b"" for c in portion)
            embeddings = np.frombuffer(joined, np.int8).reshape(n, encoder.embedding_size)
        parts = np.empty((n, 0), np.uint64)
        if count:
            joined = b"".join(c.parts or c.code * count for c in portion)
            flat = np.frombuffer(joined, np.uint8).reshape(n * count, width)
            parts = to_words(flat).reshape(n, -1)
        quality = [100 if c.quality is None else c.quality for c in portion]
        yield {
            "contents": np.array([c.content for c in portion], np.int64),
            "words": to_words(packed),
            "quality": np.array(quality, np.uint8),
            "embeddings": embeddings,
            "parts": parts,
        }


def visible_mask(store: Store, contents: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which of the ascending ``contents`` some present file holds."""
    mask = np.zeros(len(contents), np.bool_)
    ids = store.visible()
    while len(part := np.fromiter(islice(ids, 1_000_000), np.int64)):
        rows = np.searchsorted(contents, part)
        inside = rows < len(contents)
        rows, part = rows[inside], part[inside]
        mask[rows[contents[rows] == part]] = True
    return mask


def in_memory(store: Store, encoder: EncoderInfo) -> ArrayTable:
    """The codes of one encoder of any store, read into memory."""
    stamp, fields = store.stamp(), fields_of(store, encoder)
    portions = list(blocks(store, encoder, ContentId(0), fields))
    arrays = {}
    for ending, (dtype, columns) in fields.items():
        shape = (0,) if ending in ("contents", "quality") else (0, columns)
        pieces = [np.empty(shape, dtype), *(block[ending] for block in portions)]
        arrays[ending] = np.concatenate(pieces)
    visible = visible_mask(store, arrays["contents"])
    arrays.setdefault("parts", np.empty((len(visible), 0), np.uint64))
    views = unpack(store.views(encoder.id), encoder.bits)
    return ArrayTable(encoder, visible=visible, stamp=stamp, views=views, folder=None, **arrays)
