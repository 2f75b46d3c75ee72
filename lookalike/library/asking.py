"""From a picture or a text to matches: decoding, encoding, and the engine's tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from lookalike.arguments import check_whole
from lookalike.errors import LibraryNotFoundError, LookalikeError, PictureError
from lookalike.images.pool.pool import DecodePool
from lookalike.library.asked import Asked, Asker
from lookalike.library.calibrations import Calibrations
from lookalike.library.chances import put_chances
from lookalike.library.closing import closed
from lookalike.library.comparing import pair_chance
from lookalike.library.engine import Engine, Table
from lookalike.library.filters import Filter
from lookalike.library.given import MOST_HITS, check_asked, check_several, name_of, named, several
from lookalike.library.merging import CodeChoice, listed, propose
from lookalike.library.models import SLOTS, Models
from lookalike.library.narrowed import narrowed
from lookalike.library.over_all import by_pictures, by_text
from lookalike.library.previews import Previews
from lookalike.library.records import EncoderInfo, PictureInfo
from lookalike.library.regions import check_part
from lookalike.library.reports import SearchResult
from lookalike.library.sameness import Sameness
from lookalike.library.second_look import SecondLook
from lookalike.library.short_listed import short_listed
from lookalike.library.stages import Clock, summed
from lookalike.library.store import Store
from lookalike.library.together import check_weights
from lookalike.road import LARGE, Picture, Road
from lookalike.types import ContentId, Limits, Part, Slot

if TYPE_CHECKING:
    from lookalike.library.laying import Layout, OnSteps
    from lookalike.library.pairing import ComparedPictures

__all__ = ["MOST_HITS", "Asking", "Picture"]

# Questions that are asked at once, at most, and hits of a code that are then held in memory.
_AT_ONCE = 32
_HELD = 3_200


class Asking:
    """Answers for one library; any number of threads may ask.

    Args:
        store: of the library.
        engine: that searches its codes.
        models: its encoders.
        previews: of its pictures.
        limits: for decoding a query.
        workers: decoding processes; they start when they are needed, and stay.
        short_list: bits by which the photo code makes short lists; none for all of them.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        models: Models,
        previews: Previews,
        limits: Limits,
        workers: int | None,
        short_list: int | None = None,
    ) -> None:
        self._store = store
        self._short_list = short_list
        self._engine = engine
        self._models = models
        self._limits = limits
        self._closed = threading.Event()
        # In every query, whatever is asked; the perceptual hash takes it, too.
        self._pool = DecodePool({"pdq": LARGE}, limits=limits, workers=workers)
        self._sameness = Sameness(store, self._pool)
        self._second_look = SecondLook(store, self._pool, previews)
        self._calibrations = Calibrations(store, engine)
        self._asker = Asker(store, models, previews, self._tables, self._pool, limits)

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

    def asked(
        self, picture: Picture | Asked, name: str | None, part: Part | None, *, look: bool
    ) -> Asked:
        """As :meth:`lookalike.library.readying.Readying.asked` says."""
        part = check_part(part)
        if not isinstance(picture, Asked):
            picture = named(picture, name)
        with self._open():
            return replace(self._asker.asked(picture, self._encoders("both"), part), look=look)

    def known(self, known: PictureInfo, part: Part | None, *, look: bool) -> Asked:
        """The same for a picture of the library."""
        part = check_part(part)
        with self._open():
            return self._asker.known(known, self._encoders("both"), part, look=look)

    def search(
        self,
        picture: Picture | Asked,
        k: int,
        code: CodeChoice,
        name: str | None = None,
        part: Part | None = None,
        only: Filter | None = None,
    ) -> SearchResult:
        """As :meth:`lookalike.library.library.Library.search` says."""
        check_asked(k, code)
        part = check_part(part)
        if not isinstance(picture, Asked):
            picture = named(picture, name)
        with self._open():
            asked = self._asker.asked(picture, self._encoders(code), part)
            (found,) = self._answers([asked], k, code, only)
        return found

    def search_many(
        self,
        pictures: Iterable[Picture | Asked],
        k: int,
        code: CodeChoice,
        only: Filter | None = None,
    ) -> Iterator[SearchResult | PictureError]:
        """As :meth:`lookalike.library.library.Library.search_many` says."""
        check_asked(k, code)
        check_several("search_many", pictures)
        with self._open():
            self._encoders(code)  # says what is wrong with the library
        return self._each(iter(pictures), k, code, only)

    def _each(
        self, pictures: Iterator[Picture | Asked], k: int, code: CodeChoice, only: Filter | None
    ) -> Iterator[SearchResult | PictureError]:
        """Answers in the order of the pictures, some of which are on their way at a time."""
        at_once = max(1, min(_AT_ONCE, _HELD // k))
        road = Road[Slot]({}, limits=self._limits, pool=self._pool)

        def ready(picture: Picture | Asked) -> Asked:
            return self._asker.asked(picture, self._encoders(code))

        asked = road.each(enumerate(pictures), ready)
        more = True
        while more:
            came: list[Asked | PictureError] = []
            wrong: LookalikeError | None = None
            with self._open():
                try:
                    while len(came) < at_once and (
                        more := (next_one := next(asked, None)) is not None
                    ):
                        came.append(next_one[1])
                except LookalikeError as error:
                    wrong = error  # of one picture: those before it have their answers first
                questions = [one for one in came if isinstance(one, Asked)]
                found = iter(self._answers(questions, k, code, only))
            for one in came:
                if self._closed.is_set():
                    raise closed(self._store.location)
                yield one if isinstance(one, PictureError) else next(found)
            if wrong is not None:
                with self._open():
                    raise wrong

    def _answers(
        self, asked: Sequence[Asked], k: int, code: CodeChoice, only: Filter | None
    ) -> list[SearchResult]:
        """Look for pictures, all at once; each is told its share of the seconds."""
        if not asked:
            return []
        rows = self._encoders(code)
        # The library may have been given other codes meanwhile, and those of before be gone.
        asked = [one if one.is_by(rows) else self._asker.asked(one, rows) for one in asked]
        clock = Clock()
        tables = self._tables(rows)
        chosen = short_listed(tables, self._short_list, self._store.location)
        among = narrowed(self._store, chosen, only)
        clock.lap("open")
        questions = [one.question for one in asked]
        equal = self._equal(among, asked)
        clock.lap("compare")
        found = propose(self._store, among, questions, k, equal)
        clock.lap("search")
        looks = [(f, one.name) for f, one in zip(found, asked, strict=True) if one.look]
        self._second_look.judge([f for f, _ in looks], k, [name for _, name in looks], only)
        for one in found:
            one.keep(only)
        put_chances(found, tables, self._calibrations, k)
        hits = listed(self._store, found, k, only)
        clock.lap("look")
        share = {stage: seconds / len(asked) for stage, seconds in clock.laps.items()}
        return [
            SearchResult(
                one.name,
                f.exact,
                best,
                summed({**one.seconds, **share}),
                max(map(len, tables.values())),
            )
            for one, f, best in zip(asked, found, hits, strict=True)
        ]

    def _equal(self, tables: Mapping[Slot, Table], asked: Sequence[Asked]) -> list[list[ContentId]]:
        """What shows the same as each picture, of those that are looked at."""
        some = [one for one in asked if one.look]
        pictures, questions = [one.picture for one in some], [one.question for one in some]
        found = iter(self._sameness.equal(tables, pictures, questions) if some else ())
        return [next(found) if one.look else [] for one in asked]

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
        pictures: Iterable[Picture | Asked],
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
            (row,) = rows = self._encoders("photo")
            made = road.each(enumerate(given), lambda picture: self._asker.asked(picture, rows))
            questions = [one if isinstance(one, PictureError) else one.question for _, one in made]
            names = [one.name if isinstance(one, Asked) else name_of(one) for one in given]
            return by_pictures(self._store, row, self._tables, names, questions, weighed, k, only)

    def chance(self, query: Picture | Asked, hit: Picture | Asked) -> float | None:
        """As :meth:`lookalike.library.comparing.Comparing.chance` says."""
        with self._open():
            rows = self._encoders("both")
            asked = [self._asker.asked(picture, rows).question for picture in (query, hit)]
            return pair_chance(asked[0], asked[1], self._tables(rows), self._calibrations)

    def layout(
        self, seed: int, progress: OnSteps | None, stop: threading.Event | None
    ) -> Layout | None:
        """As :meth:`lookalike.library.readying.Readying.layout` says."""
        from lookalike.library.laying import lay_out, of_pictures

        with self._open():
            table = self._tables(self._encoders("photo"))["photo"]
            made = lay_out(table, seed=seed, progress=progress, stop=stop)
            return None if made is None else of_pictures(made, self._store.pictures_of)

    def compare(self, query: Asked, hit: Asked) -> ComparedPictures:
        """As :meth:`lookalike.library.comparing.Comparing.compare` says."""
        # Here, not above: a search needs none of it.
        from lookalike.library.pairing import compare_asked

        with self._open():
            tables = self._tables(self._encoders("both"))
            chance = pair_chance(query.question, hit.question, tables, self._calibrations)
            return compare_asked(query, hit, chance, self._pool)

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
