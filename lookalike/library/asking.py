"""From a picture or a text to matches: decoding, encoding, and the engine's tables."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from lookalike.arguments import check_whole
from lookalike.errors import LibraryNotFoundError, LookalikeError, PictureError, UsageError
from lookalike.images.pool.item import Item
from lookalike.images.pool.pool import DecodePool
from lookalike.library.arguments import check_name
from lookalike.library.closing import closed
from lookalike.library.engine import Engine, Table
from lookalike.library.merging import CodeChoice, listed, propose
from lookalike.library.models import SLOTS, Models
from lookalike.library.records import EncoderInfo
from lookalike.library.reports import SearchResult
from lookalike.library.sameness import Sameness
from lookalike.library.store import Store
from lookalike.road import LARGE, Picture, Question, Road
from lookalike.types import ContentId, Limits, Match, Slot

__all__ = ["MOST_HITS", "Asking", "Picture"]

MOST_HITS = 10_000

# Questions that are asked at once, at most, and hits of a code that are then held in memory.
_AT_ONCE = 32
_HELD = 3_200


@dataclass(frozen=True, slots=True)
class _Asked:
    """A picture as a question, and the encoders that made it."""

    picture: Picture
    question: Question
    rows: list[EncoderInfo]
    seconds: dict[str, float]


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
        self._closed = threading.Event()
        # In every query, whatever is asked; the perceptual hash takes it, too.
        self._pool = DecodePool({"pdq": LARGE}, limits=limits, workers=workers)
        self._sameness = Sameness(store, self._pool)

    def close(self) -> None:
        """End the decoding processes; what is being asked ends with LibraryClosedError."""
        self._closed.set()
        self._pool.close()

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Name the library that was closed, whichever part of it was the first to notice."""
        try:
            yield
        except LookalikeError as error:
            if self._closed.is_set():
                raise closed(self._store.location) from error
            raise

    def search(
        self, picture: Picture, k: int, code: CodeChoice, name: str | None = None
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search` says."""
        _check(k, code)
        picture = _named(picture, name)
        with self._open():
            (found,) = self._answers([self._asked(picture, code)], k, code)
        return found

    def search_many(
        self, pictures: Iterable[Picture], k: int, code: CodeChoice
    ) -> Iterator[SearchResult | PictureError]:
        """As :meth:`lookalike.library.library.Library.search_many` says."""
        _check(k, code)
        if isinstance(pictures, str | bytes | os.PathLike | Item | Image.Image | np.ndarray):
            raise UsageError("search_many takes several pictures: put a single one into a list")
        if not isinstance(pictures, Iterable):
            raise UsageError(f"search_many takes pictures, not {type(pictures).__name__}")
        with self._open():
            self._encoders(code)  # says what is wrong with the library
        return self._each(iter(pictures), k, code)

    def _each(
        self, pictures: Iterator[Picture], k: int, code: CodeChoice
    ) -> Iterator[SearchResult | PictureError]:
        """Answers in the order of the pictures, some of which are on their way at a time."""
        at_once = max(1, min(_AT_ONCE, _HELD // k))
        road = Road[Slot]({}, limits=self._limits, pool=self._pool)
        asked = road.each(enumerate(pictures), lambda picture: self._asked(picture, code))
        more = True
        while more:
            ready: list[_Asked | PictureError] = []
            wrong: LookalikeError | None = None
            with self._open():
                try:
                    while len(ready) < at_once and (
                        more := (came := next(asked, None)) is not None
                    ):
                        ready.append(came[1])
                except LookalikeError as error:
                    wrong = error  # of one picture: those before it have their answers first
                questions = [one for one in ready if isinstance(one, _Asked)]
                found = iter(self._answers(questions, k, code))
            for one in ready:
                if self._closed.is_set():
                    raise closed(self._store.location)
                yield one if isinstance(one, PictureError) else next(found)
            if wrong is not None:
                with self._open():
                    raise wrong

    def _asked(self, picture: Picture, code: CodeChoice) -> _Asked:
        """Decode and encode a picture to look for."""
        clock = _Clock()
        rows = self._encoders(code)
        parts: list[Slot] = []
        if self._store.setting("parts") == "1":
            parts = [row.slot for row in rows if row.slot == "photo"]
        encoders = {row.slot: self._models.lazy(row) for row in rows}
        road = Road(encoders, parts=parts, limits=self._limits, pool=self._pool)
        question = road.question(picture, lap=clock.lap)
        clock.lap("encode")
        return _Asked(picture, question, rows, clock.laps)

    def _answers(self, asked: Sequence[_Asked], k: int, code: CodeChoice) -> list[SearchResult]:
        """Look for pictures, all at once; each is told its share of the seconds."""
        if not asked:
            return []
        rows = self._encoders(code)
        # The library may have been given other codes meanwhile, and those of before be gone.
        asked = [one if one.rows == rows else self._asked(one.picture, code) for one in asked]
        clock = _Clock()
        tables = self._tables(rows)
        clock.lap("open")
        questions = [one.question for one in asked]
        equal = self._sameness.equal(tables, [one.picture for one in asked], questions)
        clock.lap("compare")
        found = propose(self._store, tables, questions, k, equal)
        hits = listed(self._store, found, k)
        clock.lap("search")
        share = {stage: seconds / len(asked) for stage, seconds in clock.laps.items()}
        return [
            SearchResult(_name(one.picture), f.exact, best, _summed({**one.seconds, **share}))
            for one, f, best in zip(asked, found, hits, strict=True)
        ]

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
        check_whole("k", k, 1, MOST_HITS)
        with self._open():
            return self._with_text(text, k, progress)

    def _with_text(
        self, text: str, k: int, progress: Callable[[int, int], object] | None
    ) -> SearchResult:
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
        return SearchResult(text, True, tuple(hits[:k]), _summed(clock.laps))

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


def _check(k: Any, code: Any) -> None:
    check_whole("k", k, 1, MOST_HITS)
    if not isinstance(code, str) or code not in ("pdq", "photo", "both"):
        raise UsageError(f"code is 'pdq', 'photo' or 'both', not {code!r}")


def _named(picture: Picture, name: str | None) -> Picture:
    """The bytes of a file with its name, so that they take the road of that file."""
    if name is not None:
        check_name("name", name)
    return Item(picture, name=name) if isinstance(picture, bytes) and name else picture


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now


def _summed(laps: dict[str, float]) -> dict[str, float]:
    return {**laps, "total": sum(laps.values())}


def _name(picture: Picture) -> str:
    if isinstance(picture, Item):
        picture = picture.file
    if isinstance(picture, str | os.PathLike):
        return os.fspath(picture)
    return f"<{len(picture)} bytes>" if isinstance(picture, bytes) else "<pixels>"
