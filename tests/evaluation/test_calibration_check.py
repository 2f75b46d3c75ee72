"""Predicted and observed numbers of chance hits."""

from __future__ import annotations

from dataclasses import replace

from lookalike.evaluation.calibration_check import points
from lookalike.types import Match

HIT = Match(1, "/a.jpg", "alike", "pdq-area", 90, 256, None, 10, 10, chance=0.5)


def test_hits_within_each_distance_are_counted() -> None:
    def hit(distance: int, chance: float) -> Match:
        return replace(HIT, distance=distance, chance=chance)

    answers = [
        [hit(80, 0.25), hit(90, 0.5), hit(90, 0.5)],
        [hit(80, 0.25), hit(90, 0.75), hit(100, 40.0)],
        [],
        [hit(90, 0.5)],
    ]
    # Two hits within 80 bits say nothing yet; at 100 bits more would be near than was asked for.
    (found,) = points(answers)
    assert (found.code, found.distance, found.queries) == ("pdq-area", 90, 4)
    assert (found.predicted, found.observed) == (0.5, 6 / 4)


def test_hits_without_a_chance_give_nothing() -> None:
    assert points([[replace(HIT, chance=None)] * 9]) == []
    assert points([]) == []
