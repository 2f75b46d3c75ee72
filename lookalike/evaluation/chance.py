"""Whether chances are right: predicted from one half of a library, observed on the other.

The rates are measured on half of the pictures, as a library does it. Then the pictures of the other
half are asked as a user would ask them, each with all its views and turnings, among the others of
that half, and the hits within each distance are counted. Pictures that are copies of each other
count once, in both halves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import to_words
from lookalike.errors import PictureError, UsageError
from lookalike.evaluation.library_codes import LibraryCodes, read_codes
from lookalike.library.calibration import Calibration
from lookalike.library.calibration_counts import COSINE_STEPS, cosine_steps
from lookalike.library.calibration_measuring import measure
from lookalike.library.calibration_sample import unrelated
from lookalike.library.models import Models
from lookalike.library.opening import open_library
from lookalike.road import Question, Road
from lookalike.types import Slot

__all__ = ["FEWEST", "LEAST_HITS", "ChanceReport", "ChanceRow", "halves", "held_out_chance"]

Ints = npt.NDArray[np.int64]

LEAST_HITS = 10
"""Observed hits below which a row says little, and is left out."""

FEWEST = 100
"""Pictures of a library that can be halved."""


@dataclass(frozen=True, slots=True)
class ChanceRow:
    """One distance, or one cosine.

    Attributes:
        at: in bits, or the cosine.
        predicted: share of unrelated pictures that are as near or nearer.
        observed: the same, counted on the other half.
        hits: that were counted.
    """

    at: float
    predicted: float
    observed: float
    hits: int


@dataclass(frozen=True, slots=True)
class ChanceReport:
    """One code of a library.

    Attributes:
        code: its name.
        by: whether ``at`` of the rows is a distance or a cosine.
        fitted: pictures that the rates were measured on.
        asked: pictures of the other half that were asked.
        among: pictures that each of them was compared with.
        views: pictures that were looked for, for each that was asked, on average.
        rows: where at least :data:`LEAST_HITS` hits were observed, nearest first.
    """

    code: str
    by: str
    fitted: int
    asked: int
    among: int
    views: float
    rows: tuple[ChanceRow, ...]

    def worst(self, least: float = 0.0, most: float = 0.1) -> float:
        """The largest factor between what was predicted and observed, at rates between two."""
        factors = [
            max(row.predicted / row.observed, row.observed / row.predicted)
            for row in self.rows
            if least <= row.observed <= most
        ]
        return max(factors, default=1.0)


def held_out_chance(
    library: str | Path, *, seed: int = 0, progress: Callable[[int, int], object] | None = None
) -> list[ChanceReport]:
    """Predict on one half of a library and observe on the other, by each code.

    Args:
        library: whose pictures are there.
        seed: of the halves.
        progress: called with (pictures asked, pictures in all).

    Raises:
        UsageError: it holds fewer than 100 pictures.
        PictureError: a picture can't be read any more.
        LibraryError: it can't be opened.
    """
    store, engine = open_library(str(library), create=False, read_only=True)
    try:
        codes = read_codes(store, engine)
        if min(map(len, codes)) < FEWEST:
            raise UsageError(f"{library} holds fewer than {FEWEST} pictures: too few to halve")
        models = Models(store, "")
        encoders = {one.encoder.slot: models.encoder(one.encoder) for one in codes}
    finally:
        engine.close()
        store.close()
    parted = [halves(len(one), seed) for one in codes]
    hashes = {one.encoder.slot: (one, own) for one, own in zip(codes, parted, strict=True)}["pdq"]
    made = []
    others = []
    for one, (fit, other) in zip(codes, parted, strict=True):
        made.append(measure(one.table(fit), hashes[0].table(hashes[1][0]), seed=seed))
        kept = unrelated(one.table(other), hashes[0].table(hashes[1][1]), seed)
        others.append(np.searchsorted(one.contents, kept))
    tallies = [_Tally(one, rows) for one, rows in zip(codes, others, strict=True)]
    paths = sorted(
        {one.paths[row] for one, rows in zip(codes, others, strict=True) for row in rows}
    )
    with Road[Slot](encoders) as road:
        asked = road.each(((path, path) for path in paths), lambda path: road.question(path))
        for number, (path, question) in enumerate(asked, 1):
            if isinstance(question, PictureError):
                raise question
            for tally in tallies:
                tally.ask(path, question)
            if progress is not None:
                progress(number, len(paths))
    return [
        report
        for calibration, tally in zip(made, tallies, strict=True)
        for report in tally.reports(calibration)
    ]


def halves(n: int, seed: int) -> tuple[Ints, Ints]:
    """Rows of two random halves of n pictures, ascending."""
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[: n // 2]), np.sort(order[n // 2 :])


class _Tally:
    """Hits by distance of the pictures that were asked, among some of a library."""

    def __init__(self, codes: LibraryCodes, rows: Ints) -> None:
        self._codes, self._words = codes, codes.words[rows]
        self._place: dict[str, int] = {
            codes.paths[row]: place for place, row in enumerate(rows.tolist())
        }
        self._distances = np.zeros(codes.encoder.bits + 1, np.int64)
        self._cosines = np.zeros(COSINE_STEPS + 1, np.int64)
        self._units: npt.NDArray[np.float32] | None = None
        if codes.embeddings is not None:
            self._units = _units(codes.embeddings[rows])
        self._asked = self._views = 0

    @property
    def paths(self) -> Iterable[str]:
        """Of the pictures that are to be asked."""
        return self._place

    def ask(self, path: str, question: Question) -> None:
        """Compare a picture with all but itself, if it is one of them."""
        place = self._place.get(path)
        if place is None:
            return
        is_hash = self._codes.encoder.slot == "pdq"
        photo = question.photo
        own = question.pdq if is_hash else None if photo is None else photo.codes
        if own is None:
            raise UsageError(f"{path} has no {self._codes.encoder.name} code")
        others = np.arange(len(self._words)) != place
        nearest = np.full(len(self._words), self._codes.encoder.bits, np.int64)
        for code in to_words(own):
            distances = np.bitwise_count(self._words ^ code).sum(1, dtype=np.int64)
            np.minimum(nearest, distances, out=nearest)
        self._distances += np.bincount(nearest[others], minlength=len(self._distances))
        self._asked += 1
        self._views += len(own) // 8 if is_hash else len(own)
        if self._units is not None and photo is not None and photo.embeddings is not None:
            cosines = (self._units @ _units(photo.embeddings).T).max(1)
            steps = cosine_steps(cosines[others])
            self._cosines += np.bincount(steps, minlength=len(self._cosines))

    def reports(self, calibration: Calibration) -> list[ChanceReport]:
        """What was observed beside what a calibration of other pictures predicts."""
        bits = calibration.encoder.bits
        made = [
            self._report(
                calibration, "distance", self._distances, calibration.distances, range(bits + 1)
            )
        ]
        if self._units is not None and calibration.cosines is not None:
            at = [round(1 - 2 * step / COSINE_STEPS, 3) for step in range(COSINE_STEPS + 1)]
            made.append(self._report(calibration, "cosine", self._cosines, calibration.cosines, at))
        return made

    def _report(
        self,
        calibration: Calibration,
        by: str,
        counts: Ints,
        logs: npt.NDArray[np.float64],
        at: range | list[float],
    ) -> ChanceReport:
        views = self._views / max(1, self._asked)
        times = calibration.asked(views)
        hits, pairs = counts.cumsum(), int(counts.sum())
        rows = tuple(
            ChanceRow(where, min(1.0, times * 10**log), found / pairs, found)
            for where, log, found, here in zip(
                at, logs.tolist(), hits.tolist(), counts.tolist(), strict=True
            )
            if found >= LEAST_HITS and here
        )
        return ChanceReport(
            calibration.encoder.name,
            by,
            calibration.contents,
            self._asked,
            len(self._words) - 1,
            views,
            rows,
        )


def _units(embeddings: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
    rows = embeddings.astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))
    return rows
