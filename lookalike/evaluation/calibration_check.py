"""Chance as it is predicted beside chance as it is: how often unrelated pictures come near."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from lookalike.errors import PictureError
from lookalike.evaluation.sampled_library import SampledLibrary
from lookalike.evaluation.selftest_report import CalibrationPoint
from lookalike.library.merging import CodeChoice
from lookalike.library.records import PictureInfo
from lookalike.road import Item
from lookalike.types import Match

__all__ = ["check_calibration", "points"]

CODES: tuple[CodeChoice, ...] = ("pdq", "photo")

_QUERIES = 100  # at most
_HITS = 50
_LEAST_SEEN = 5  # hits within a distance: fewer say nothing about a rate
_MOST_PREDICTED = 10.0  # hits a query: beyond, more are near than are asked for


def check_calibration(
    tested: SampledLibrary, chosen: Sequence[PictureInfo], stop: threading.Event
) -> tuple[CalibrationPoint, ...]:
    """Ask with some pictures for what is nearest, and count what comes within each distance.

    Of the hits, those count that aren't copies: what codes alone propose. Nothing is found out
    where hits carry no chance.

    Args:
        tested: the library.
        chosen: pictures of it.
        stop: set it to end early.
    """
    found: list[CalibrationPoint] = []
    for code in CODES:
        answers: list[list[Match]] = []
        items = [Item(one.path, one.member) for one in chosen[:_QUERIES]]
        for answer in tested.library.search_many(items, _HITS, code=code):
            if stop.is_set():
                break
            if not isinstance(answer, PictureError):
                answers.append([hit for hit in answer.hits if hit.kind == "alike"])
                if len(answers) == 1 and all(hit.chance is None for hit in answers[0]):
                    return ()
        found += points(answers)
    return tuple(found)


def points(answers: Sequence[Sequence[Match]]) -> list[CalibrationPoint]:
    """The distances at which enough was seen, nearest first.

    Args:
        answers: for each query its hits that aren't copies.
    """
    chances: dict[int, list[float]] = defaultdict(list)
    names = {hit.code for hits in answers for hit in hits}
    for hits in answers:
        for hit in hits:
            if hit.chance is not None and hit.distance is not None:
                chances[hit.distance].append(hit.chance)
    made: list[CalibrationPoint] = []
    seen = 0
    for distance in sorted(chances):
        seen += len(chances[distance])
        predicted = median(chances[distance])
        if seen >= _LEAST_SEEN and predicted <= _MOST_PREDICTED:
            made.append(
                CalibrationPoint(min(names), distance, predicted, seen / len(answers), len(answers))
            )
    return made
