"""What the order of tied codes could do, by hand and against all orders."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from lookalike.codes.bits import hamming
from lookalike.errors import UsageError
from lookalike.metrics import (
    Counts,
    average_precision,
    collisions,
    count_distances,
    map_bounds,
    tied_at,
)


def precision(order: list[bool]) -> float:
    hits = np.cumsum(order)
    ranks = np.flatnonzero(order)
    return float((hits[ranks] / (ranks + 1)).mean()) if len(ranks) else 0.0


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_those_of_all_orders(seed: int) -> None:
    rng = np.random.default_rng(seed)
    query, database = (rng.integers(0, 4, (n, 1), dtype=np.uint8) << 6 for n in (1, 7))
    labels = rng.integers(0, 2, 7)
    counts = count_distances(query, database, 2, np.zeros(1, np.int64), labels)
    distances = hamming(query, database)[0]
    found = [
        precision([labels[row] == 0 for row in order])
        for order in permutations(range(7))
        if (np.diff(distances[list(order)]) >= 0).all()
    ]
    worst, best = map_bounds(counts)
    assert worst[0] == pytest.approx(min(found))
    assert best[0] == pytest.approx(max(found))
    assert average_precision(counts)[0] == pytest.approx(np.mean(found))


def test_without_ties_there_is_one_order() -> None:
    counts = Counts(np.array([[1, 1, 1]], np.int32), np.array([[0, 1, 1]], np.int32))
    worst, best = map_bounds(counts)
    assert worst == best == average_precision(counts)


def test_codes_tied_at_a_rank() -> None:
    counts = Counts(np.array([[1, 0, 3, 2]], np.int32), np.zeros((1, 4), np.int32))
    assert [tied_at(counts, k)[0] for k in range(1, 8)] == [1, 3, 3, 3, 2, 2, 0]
    with pytest.raises(UsageError, match="at least 1"):
        tied_at(counts, 0)


def test_collisions() -> None:
    codes = np.array([[1], [1], [2], [2], [3]], np.uint8)
    assert collisions(codes, np.array([0, 0, 0, 1, 1])) == pytest.approx(0.4)
    assert collisions(codes, np.zeros(5, np.int64)) == 0
    with pytest.raises(UsageError, match="as many labels"):
        collisions(codes, np.zeros(4, np.int64))
    with pytest.raises(UsageError, match="no codes"):
        collisions(codes[:0], np.zeros(0, np.int64))
