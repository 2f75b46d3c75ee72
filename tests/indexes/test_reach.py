"""How far the nearest are expected, by hand."""

from __future__ import annotations

import numpy as np

from lookalike.indexes.reach import Reach
from lookalike.types import Hits


def hits(*distances: int) -> Hits:
    """Of queries whose k-th is at these distances; -1 where there is none."""
    column = np.array(distances, np.int32)[:, None]
    ids = np.where(column < 0, -1, 7).astype(np.int64)
    return Hits(ids=ids, distances=column, exact=True)


def test_nothing_known_is_far() -> None:
    assert Reach(256).of(1) == 256


def test_it_rises_at_once_and_falls_slowly() -> None:
    reach = Reach(256)
    reach.note(1, hits(16))
    assert reach.of(1) == 16
    reach.note(1, hits(80))
    assert reach.of(1) == 80
    reach.note(1, hits(16))
    assert reach.of(1) == 72  # an eighth of the way
    for _ in range(60):
        reach.note(1, hits(16))
    assert reach.of(1) == 17


def test_the_farthest_tenth_of_a_batch_counts() -> None:
    reach = Reach(256)
    reach.note(1, hits(*[10] * 19, 200))
    assert reach.of(1) == 10
    reach.note(1, hits(*[10] * 7, 200))  # one of eight rotations
    assert reach.of(1) == 200


def test_too_few_are_as_far_as_can_be_and_numbers_of_neighbours_are_apart() -> None:
    reach = Reach(64)
    reach.note(5, hits(-1))
    assert reach.of(5) == 64
    reach.note(100, hits(20))
    assert (reach.of(5), reach.of(100), reach.of(127), reach.of(128)) == (64, 20, 20, 64)
    reach.note(100, hits())
    assert reach.of(100) == 20
