"""From a picture or a text to matches: decoding, encoding, and the engine's tables."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

import numpy as np

from lookalike.encoders.perceptual import PDQ
from lookalike.errors import LibraryNotFoundError, UsageError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.library.arguments import check_name
from lookalike.library.engine import Engine, Table
from lookalike.library.merging import CodeChoice, merge
from lookalike.library.models import SLOTS, Models
from lookalike.library.records import EncoderInfo
from lookalike.library.reports import SearchResult
from lookalike.library.store import Store
from lookalike.road import Picture, Road
from lookalike.types import ContentId, Limits, Match, Slot

__all__ = ["MOST_HITS", "Asking", "Picture"]

MOST_HITS = 10_000


class Asking:
    """Answers for one library; any number of threads may ask.

    Args:
        store: of the library.
        engine: that searches its codes.
        models: its encoders.
        limits: for decoding a query.
        workers: decoding processes; they start when they are needed, and stay.
    """

    def __init__(
        self, store: Store, engine: Engine, models: Models, limits: Limits, workers: int | None
    ) -> None:
        self._store = store
        self._engine = engine
        self._models = models
        self._limits = limits
        # PDQ's input is in every query: large enough to look for borders in, whatever is asked.
        self._pool = DecodePool({"pdq": PDQ.input}, limits=limits, workers=workers)

    def close(self) -> None:
        """End the decoding processes."""
        self._pool.close()

    def search(
        self, picture: Picture, k: int, code: CodeChoice, name: str | None = None
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search` says."""
        _check_k(k)
        if code not in ("pdq", "photo", "both"):
            raise UsageError(f"code is 'pdq', 'photo' or 'both', not {code!r}")
        clock = _Clock()
        rows = self._encoders(code)
        parts: list[Slot] = []
        if self._store.setting("parts") == "1":
            parts = [row.slot for row in rows if row.slot == "photo"]
        encoders = {row.slot: self._models.lazy(row) for row in rows}
        road = Road(encoders, parts=parts, limits=self._limits, pool=self._pool)
        question = road.question(_named(picture, name), lap=clock.lap)
        clock.lap("encode")
        tables = self._tables(rows)
        clock.lap("open")
        hits, exact = merge(self._store, tables, question, k)
        clock.lap("search")
        return SearchResult(_name(picture), exact, hits, clock.laps())

    def search_text(
        self, text: str, k: int, progress: Callable[[int, int], object] | None
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search_text` says.

        A text is compared with the embeddings of all pictures, and not with their codes. Models of
        two towers are trained so that the cosine of a text's and a picture's raw vectors is large
        where they belong together; but all texts lie in one cone and all pictures in another (Liang
        et al., "Mind the gap", NeurIPS 2022). The codes are the sides of planes through the middle
        of the pictures, and every text lies on the same side of most of them: its code would say
        that it is a text, and little else. The cosines themselves can be had exactly, since
        embeddings are centred by a mean that is known.
        """
        _check_k(k)
        clock = _Clock()
        (row,) = self._encoders("photo")
        tower, fit_ = self._models.text(row, progress)
        clock.lap("load")
        weights, constant = fit_.query(tower.features(text))
        clock.lap("encode")
        table = self._tables([row])["photo"]
        clock.lap("open")
        contents, cosines = table.by_vector(weights, constant, k)
        similar = dict(zip(map(ContentId, contents.tolist()), cosines.tolist(), strict=True))
        pictures = self._store.pictures_of(list(similar))
        hits = [
            Match(
                id=picture.id,
                path=picture.path,
                kind="alike",
                code=row.name,
                distance=None,
                bits=row.bits,
                similarity=similarity,
                width=picture.width,
                height=picture.height,
                member=picture.member or None,
            )
            for content, similarity in similar.items()
            for picture in pictures[content]
        ]
        clock.lap("search")
        return SearchResult(text, True, tuple(hits[:k]), clock.laps())

    def _encoders(self, code: CodeChoice) -> list[EncoderInfo]:
        current = self._models.current()
        slots = SLOTS if code == "both" else (code,)
        if not all(slot in current for slot in slots):
            raise LibraryNotFoundError(
                f"{self._store.location} holds no codes yet: index a folder first"
            )
        return [current[slot] for slot in slots]

    def _tables(self, rows: Sequence[EncoderInfo]) -> dict[Slot, Table]:
        tables = self._engine.tables(rows)
        return {row.slot: tables[row.id] for row in rows}


def _check_k(k: int) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer):
        raise UsageError(f"k is a whole number from 1 to {MOST_HITS:,}, not {k!r}")
    if not 1 <= k <= MOST_HITS:
        raise UsageError(f"k is 1 to {MOST_HITS:,}, not {k}")


def _named(picture: Picture, name: str | None) -> Picture:
    """The bytes of a file with its name, so that they take the road of that file."""
    if name is not None:
        check_name("name", name)
    return Item(picture, name=name) if isinstance(picture, bytes) and name else picture


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = now - self._last
        self._last = now

    def laps(self) -> dict[str, float]:
        return {**self._laps, "total": self._last - self._start}


def _name(picture: Picture) -> str:
    if isinstance(picture, Item):
        picture = picture.file
    if isinstance(picture, str | os.PathLike):
        return os.fspath(picture)
    return f"<{len(picture)} bytes>" if isinstance(picture, bytes) else "<pixels>"
