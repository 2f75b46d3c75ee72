"""From a picture or a text to matches: decoding, encoding, and the engine's tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from lookalike.arguments import check_whole
from lookalike.errors import LibraryNotFoundError, LookalikeError, PictureError, UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.library.calibrations import Calibrations
from lookalike.library.chances import put_chances
from lookalike.library.closing import closed
from lookalike.library.comparing import pair_chance
from lookalike.library.engine import Engine, Table
from lookalike.library.filters import Filter
from lookalike.library.given import check_several, name_of, named, several
from lookalike.library.merging import CodeChoice, listed, propose
from lookalike.library.models import SLOTS, Models
from lookalike.library.narrowed import narrowed
from lookalike.library.over_all import by_pictures, by_text
from lookalike.library.previews import Previews
from lookalike.library.records import EncoderInfo
from lookalike.library.regions import check_part, region
from lookalike.library.reports import SearchResult
from lookalike.library.sameness import Sameness
from lookalike.library.second_look import SecondLook
from lookalike.library.stages import Clock, summed
from lookalike.library.store import Store
from lookalike.library.together import check_weights
from lookalike.road import LARGE, Picture, Question, Road
from lookalike.types import Limits, Part, Slot

__all__ = ["MOST_HITS", "Asking", "Picture"]

MOST_HITS = 10_000

# Questions that are asked at once, at most, and hits of a code that are then held in memory.
_AT_ONCE = 32
_HELD = 3_200


@dataclass(frozen=True, slots=True)
class _Asked:
    """A picture as a question, and the encoders that made it.

    ``picture`` is what is looked for: ``given`` itself, or the pixels of a part of it.
    """

    given: Picture
    part: Part | None
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
        previews: of its pictures.
        limits: for decoding a query.
        workers: decoding processes; they start when they are needed, and stay.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        models: Models,
        previews: Previews,
        limits: Limits,
        workers: int | None,
    ) -> None:
        self._store = store
        self._engine = engine
        self._models = models
        self._limits = limits
        self._closed = threading.Event()
        # In every query, whatever is asked; the perceptual hash takes it, too.
        self._pool = DecodePool({"pdq": LARGE}, limits=limits, workers=workers)
        self._sameness = Sameness(store, self._pool)
        self._second_look = SecondLook(store, self._pool, previews)
        self._calibrations = Calibrations(store, engine)

    def close(self) -> None:
        """End the decoding processes; what is being asked ends with LibraryClosedError."""
        self._closed.set()
        self._second_look.close()
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
        self,
        picture: Picture,
        k: int,
        code: CodeChoice,
        name: str | None = None,
        part: Part | None = None,
        only: Filter | None = None,
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search` says."""
        _check(k, code)
        picture, part = named(picture, name), check_part(part)
        with self._open():
            (found,) = self._answers([self._asked(picture, code, part)], k, code, only)
        return found

    def search_many(
        self, pictures: Iterable[Picture], k: int, code: CodeChoice, only: Filter | None = None
    ) -> Iterator[SearchResult | PictureError]:
        """As :meth:`lookalike.library.library.Library.search_many` says."""
        _check(k, code)
        check_several("search_many", pictures)
        with self._open():
            self._encoders(code)  # says what is wrong with the library
        return self._each(iter(pictures), k, code, only)

    def _each(
        self, pictures: Iterator[Picture], k: int, code: CodeChoice, only: Filter | None
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
                found = iter(self._answers(questions, k, code, only))
            for one in ready:
                if self._closed.is_set():
                    raise closed(self._store.location)
                yield one if isinstance(one, PictureError) else next(found)
            if wrong is not None:
                with self._open():
                    raise wrong

    def _asked(self, given: Picture, code: CodeChoice, part: Part | None = None) -> _Asked:
        """Decode and encode a picture to look for."""
        clock = Clock()
        rows = self._encoders(code)
        parts: list[Slot] = []
        if self._store.setting("parts") == "1":
            parts = [row.slot for row in rows if row.slot == "photo"]
        encoders = {row.slot: self._models.lazy(row) for row in rows}
        road = Road(encoders, parts=parts, limits=self._limits, pool=self._pool)
        if part is None:
            question = road.question(given, lap=clock.lap)
            clock.lap("encode")
            return _Asked(given, None, given, question, rows, clock.laps)
        cut = region(Road({}, limits=self._limits, pool=self._pool), given, part)
        clock.lap("decode")
        # What it shows is known as 8-bit RGB only: no promise can be made that all is the same.
        question = replace(road.question(cut.pixels), pixel_digest=None, size=cut.size)
        clock.lap("encode")
        return _Asked(given, part, cut.pixels, question, rows, clock.laps)

    def _current(self, one: _Asked, rows: list[EncoderInfo], code: CodeChoice) -> _Asked:
        """A question by these encoders.

        The library may have been given other codes meanwhile, and those of before be gone.
        """
        return one if one.rows == rows else self._asked(one.given, code, one.part)

    def _answers(
        self, asked: Sequence[_Asked], k: int, code: CodeChoice, only: Filter | None
    ) -> list[SearchResult]:
        """Look for pictures, all at once; each is told its share of the seconds."""
        if not asked:
            return []
        rows = self._encoders(code)
        asked = [self._current(one, rows, code) for one in asked]
        clock = Clock()
        tables = self._tables(rows)
        among = narrowed(self._store, tables, only)
        clock.lap("open")
        questions = [one.question for one in asked]
        equal = self._sameness.equal(among, [one.picture for one in asked], questions)
        clock.lap("compare")
        found = propose(self._store, among, questions, k, equal)
        clock.lap("search")
        self._second_look.judge(found, k, [name_of(one.given) for one in asked], only)
        for one in found:
            one.keep(only)
        put_chances(found, tables, self._calibrations, k)
        hits = listed(self._store, found, k, only)
        clock.lap("look")
        share = {stage: seconds / len(asked) for stage, seconds in clock.laps.items()}
        return [
            SearchResult(
                name_of(one.given),
                f.exact,
                best,
                summed({**one.seconds, **share}),
                max(map(len, tables.values())),
            )
            for one, f, best in zip(asked, found, hits, strict=True)
        ]

    def search_text(
        self,
        text: str,
        k: int,
        progress: Callable[[int, int], object] | None,
        only: Filter | None = None,
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search_text` says."""
        check_whole("k", k, 1, MOST_HITS)
        with self._open():
            (row,) = self._encoders("photo")
            return by_text(self._store, self._models, row, self._tables, text, k, progress, only)

    def search_together(
        self,
        pictures: Iterable[Picture],
        weights: Sequence[float] | None,
        k: int,
        only: Filter | None = None,
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search_together` says."""
        check_whole("k", k, 1, MOST_HITS)
        given = several("search_together", pictures)
        weighed = check_weights(weights, len(given))
        with self._open():
            road = Road[Slot]({}, limits=self._limits, pool=self._pool)
            made = road.each(enumerate(given), lambda picture: self._asked(picture, "photo"))
            asked = [one for _, one in made]
            (row,) = rows = self._encoders("photo")
            questions = [
                one if isinstance(one, PictureError) else self._current(one, rows, "photo").question
                for one in asked
            ]
            return by_pictures(self._store, row, self._tables, given, questions, weighed, k, only)

    def chance(self, query: Picture, hit: Picture) -> float | None:
        """As :meth:`lookalike.library.comparing.Comparing.chance` says."""
        with self._open():
            rows = self._encoders("both")
            asked = [self._asked(picture, "both").question for picture in (query, hit)]
            return pair_chance(asked[0], asked[1], self._tables(rows), self._calibrations)

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
