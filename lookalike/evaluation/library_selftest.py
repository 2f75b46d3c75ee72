"""A library tested without labels: on edited copies of its own pictures."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lookalike.errors import PictureError, UsageError
from lookalike.evaluation.calibration_check import Stranger
from lookalike.evaluation.copies import Copy, Original, read_originals, write_copies
from lookalike.evaluation.edits import EDITS
from lookalike.evaluation.exactness import check_exact
from lookalike.evaluation.sampled_library import Key, SampledLibrary
from lookalike.evaluation.selftest_advice import advice
from lookalike.evaluation.selftest_report import SelfTest
from lookalike.evaluation.selftest_tally import SelfTestTally
from lookalike.library import Library, SearchResult
from lookalike.library.records import PictureInfo
from lookalike.road import Road
from lookalike.types import Match

__all__ = ["LEAST", "run_selftest"]

LEAST = 4
"""Pictures that a test takes: a collage has four."""

_A_ROUND = 25  # originals whose copies lie on the disk at a time
_DISTRACTORS = 100  # further pictures among which those copies are looked for
_HITS = 10  # that a copy asks for
_RELATIVES = 40  # that an original asks for, to know what shows the same
_EXACT_QUERIES = 20
_FLAT = 50  # quality of a perceptual hash, of 100, below which a picture counts as flat
# Edits that make another picture of one, and leave it a usual one.
_STRANGE = ("crop-70", "crop-50", "mirror-crop", "mirror", "jpeg-20")
_COPIES = ("same-bytes", "same-pixels", "edited")

OnSteps = Callable[[int, int], object]


def run_selftest(
    location: str,
    *,
    sample: int = 500,
    edits: Sequence[str] | None = None,
    seed: int = 0,
    progress: OnSteps | None = None,
    stop: threading.Event | None = None,
) -> SelfTest:
    """Edit pictures of a library, and search: with the copies, and for the copies.

    First each copy is the query, and the library is searched for its original. Then the original is
    the query, and a library of copies, with other pictures among them, is searched for this one;
    that library is made for the purpose, by the same encoders, and is gone in the end. Nothing is
    written to the library or to its pictures.

    Args:
        location: of the library.
        sample: pictures to edit, drawn by ``seed``; all if there are fewer.
        edits: names of :data:`lookalike.evaluation.edits.EDITS`; all by default.
        seed: of the draw and of the edits.
        progress: called with (steps done, steps in all).
        stop: set it, from any thread, to end early with what was found out until then.

    Raises:
        UsageError: no such edit, or the library holds too few pictures.
        LibraryError: it can't be opened.
    """
    names = list(EDITS) if edits is None else list(edits)
    for name in names:
        if name not in EDITS:
            raise UsageError(f"there is no edit {name!r}: there are {', '.join(EDITS)}")
    with SampledLibrary.open(location) as tested:
        run = _Run(tested, names, seed, progress, stop or threading.Event())
        return run.run(sample)


class _Run:
    """One test of one library."""

    def __init__(
        self,
        tested: SampledLibrary,
        edits: Sequence[str],
        seed: int,
        progress: OnSteps | None,
        stop: threading.Event,
    ) -> None:
        self._tested = tested
        self._edits = edits
        self._seed = seed
        self._progress = progress
        self._stop = stop
        self._done = self._steps = 0
        self._left_out: list[tuple[str, str]] = []
        self._tally = SelfTestTally()
        self._flat: set[Key] = set()
        self._strangers: tuple[list[Stranger], list[Stranger]] = ([], [])

    def run(self, sample: int) -> SelfTest:
        started = time.perf_counter()
        tested = self._tested
        chosen, others = tested.draw(sample, _DISTRACTORS, self._seed)
        if len(chosen) < LEAST:
            raise UsageError(
                f"{tested.location} holds {len(chosen)} different pictures, and a test takes"
                f" {LEAST}: index more"
            )
        self._steps = 2 * len(chosen) * len(self._edits)
        self._flat = tested.flat(chosen, _FLAT)
        sampled = 0
        with Road[str]({}) as road:
            for start in range(0, len(chosen), _A_ROUND):
                if self._stop.is_set():
                    break
                originals = read_originals(
                    road, chosen[start : start + _A_ROUND], lambda *one: self._left_out.append(one)
                )
                own = {Key.of(one.info) for one in originals}
                beside = [one for one in (*others, *chosen) if Key.of(one) not in own]
                with tempfile.TemporaryDirectory(prefix="lookalike-") as folder:
                    self._round(Path(folder), originals, beside[:_DISTRACTORS])
                sampled += len(originals)
                self._step(min(start + _A_ROUND, len(chosen)) * 2 * len(self._edits) - self._done)
        exact = tuple(
            check_exact(tested.engine, table, _EXACT_QUERIES, self._seed)
            for table in tested.tables()
        )
        found = SelfTest(
            library=tested.location,
            pictures=tested.pictures,
            sampled=sampled,
            edits={name: self._tally.outcome(name) for name in self._edits},
            false_alarms=self._tally.false_alarms(tested.pictures),
            exact=exact,
            calibration=tuple(tested.calibration(self._strangers)),
            left_out=tuple(self._left_out),
            flat=len(self._flat),
            flat_missed=self._tally.flat_missed,
            flat_asked=self._tally.flat_asked,
            seconds=time.perf_counter() - started,
            interrupted=self._stop.is_set(),
        )
        return replace(found, advice=advice(found, tested.facts()))

    def _round(
        self, folder: Path, originals: Sequence[Original], others: Sequence[PictureInfo]
    ) -> None:
        """Both directions, for some originals."""
        relatives = [self._relatives(one) for one in originals]
        copies: list[Copy] = []

        def files() -> Iterator[Path]:
            for copy in write_copies(originals, self._edits, folder, self._seed):
                if self._stop.is_set():
                    return
                copies.append(copy)
                yield copy.file

        answers = self._tested.library.search_many(files(), _HITS)
        for place, found in enumerate(answers):
            self._step(1)
            if not isinstance(found, PictureError):
                self._by_copy(copies[place], originals, relatives, found.hits)
        if self._stop.is_set():
            return
        self._meet(copies, relatives)
        with self._tested.beside(folder, others, self._stop, self._step) as library:
            if not self._stop.is_set():
                self._by_original(library, copies, originals, relatives)

    def _meet(self, copies: Sequence[Copy], relatives: Sequence[set[Key]]) -> None:
        """Keep some copies as what is new to the library, but for their originals."""
        chosen = next((name for name in _STRANGE if name in self._edits), self._edits[0])
        files = [(c.file, relatives[c.original]) for c in copies if c.edit == chosen]
        for known, new in zip(self._strangers, self._tested.strangers(files), strict=True):
            known.extend(new)

    def _relatives(self, original: Original) -> set[Key]:
        """The pictures of the library that show the same as one, or are edited copies of it.

        Those that are merely called so are noted, to be looked at.
        """
        known = self._tested.with_content(original.info)
        try:
            found = self._tested.library.search(original.item, _RELATIVES)
        except PictureError:
            return known
        self._tally.searches += 1
        for hit in found.hits:
            key = Key(hit.path, hit.member or "")
            if hit.kind in ("edited", "part") and key not in known:
                self._tally.suspect(original.info.path, None, hit)
        return known | {Key(h.path, h.member or "") for h in found.hits if h.kind in _COPIES}

    def _by_copy(
        self,
        copy: Copy,
        originals: Sequence[Original],
        relatives: Sequence[set[Key]],
        hits: Sequence[Match],
    ) -> None:
        """Note what a copy found."""
        own: set[Key] = set().union(*(relatives[place] for place in (copy.original, *copy.beside)))
        keys = [Key(hit.path, hit.member or "") for hit in hits]
        original = originals[copy.original]
        self._tally.searches += 1
        right = next((hit for hit, key in zip(hits, keys, strict=True) if key in own), None)
        is_first = bool(keys) and keys[0] in own
        self._tally.note(copy.edit, False, is_first, right)
        if Key.of(original.info) in self._flat:
            self._tally.flat_asked += 1
            self._tally.flat_missed += not is_first
        for hit, key in zip(hits, keys, strict=True):
            if hit.kind != "alike" and key not in own:
                self._tally.suspect(original.info.path, copy.edit, hit)

    def _by_original(
        self,
        library: Library,
        copies: Sequence[Copy],
        originals: Sequence[Original],
        relatives: Sequence[set[Key]],
    ) -> None:
        """Ask with the originals for their copies.

        Of two copies of one picture neither counts against the other, nor does a copy of a picture
        that shows the same.
        """
        by_path = {str(copy.file): copy for copy in copies}
        k = min(10_000, 2 * len(self._edits) + _HITS)
        answers = library.search_many((one.item for one in originals), k)
        for place, found in enumerate(answers):
            if isinstance(found, PictureError):
                continue
            rank = self._ranked(place, found, by_path, relatives)
            for copy in copies:
                if copy.original == place:
                    hit, is_first = rank.get(str(copy.file), (None, False))
                    self._tally.note(copy.edit, True, is_first, hit)

    def _ranked(
        self,
        place: int,
        found: SearchResult,
        by_path: dict[str, Copy],
        relatives: Sequence[set[Key]],
    ) -> dict[str, tuple[Match, bool]]:
        """By path each copy of an original that was found, and whether nothing strange was before.

        Args:
            place: of the original.
            found: what it found.
            by_path: all copies.
            relatives: of each original.
        """
        strange = False
        rank: dict[str, tuple[Match, bool]] = {}
        for hit in found.hits:
            copy = by_path.get(hit.path)
            if copy is None:
                shown = self._tested.distractor(hit.path)
                strange = strange or shown is None or shown not in relatives[place]
            elif place in (copy.original, *copy.beside):
                rank[hit.path] = (hit, not strange)
            else:
                strange = strange or relatives[place].isdisjoint(relatives[copy.original])
        return rank

    def _step(self, steps: int) -> None:
        self._done += steps
        if self._progress is not None:
            self._progress(self._done, self._steps)
