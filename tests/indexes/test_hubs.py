"""Codes with many neighbours are counted and named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import hamming, pack
from lookalike.errors import UsageError
from lookalike.indexes.hubs import NeighbourCounts
from lookalike.indexes.pairs import all_pairs


@settings(deadline=None, max_examples=20)
@given(n=st.integers(0, 200), radius=st.integers(0, 20), seed=st.integers(0, 1 << 30))
def test_counts_equal_twin(n: int, radius: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = pack(rng.random((n, 48)) < 0.2)
    ids = np.cumsum(rng.integers(1, 5, n))
    rows, named = NeighbourCounts(n), NeighbourCounts(ids)
    for first, second, distances in rows.watched(all_pairs(codes, 48, radius)):
        named.add((ids[first], ids[second], distances))
    expected = (hamming(codes, codes) <= radius).sum(axis=1) - 1
    assert rows.counts.tolist() == named.counts.tolist() == expected.tolist()


def test_screenshots_are_hubs_and_copies_are_not() -> None:
    rng = np.random.default_rng(0)
    codes = pack(rng.integers(0, 2, (3000, 64)))
    codes[100:400] = codes[100]  # screenshots
    codes[1000:1010] = codes[1000]  # copies
    codes[399, 0] ^= 1
    counts = NeighbourCounts(3000)
    assert len(list(counts.watched(all_pairs(codes, 64, 0)))) > 0
    assert counts.hubs().tolist() == list(range(100, 399))
    assert counts.hubs(1).tolist() == [*range(100, 399), *range(1000, 1010)]
    ids = np.arange(3000) * 2
    named = NeighbourCounts(ids)
    for first, second, distances in all_pairs(codes, 64, 1):
        named.add((ids[first], ids[second], distances))
    assert named.hubs().tolist() == list(range(200, 800, 2))


def test_where_all_crowd_nobody_is_a_hub() -> None:
    counts = NeighbourCounts(400)
    for pairs in all_pairs(np.zeros((400, 8), np.uint8), 64, 0):
        counts.add(pairs)
    assert counts.counts.tolist() == [399] * 400
    assert len(counts.hubs()) == 0
    assert len(NeighbourCounts(0).hubs()) == 0


def test_wrong_arguments() -> None:
    one = np.array([7])
    pair = (one, one + 2, one.astype(np.int32))
    for call, message in [
        (lambda: NeighbourCounts(np.array([3, 3])), "increasing"),
        (lambda: NeighbourCounts(-1), "-1"),
        (lambda: NeighbourCounts(8).add(pair), "id 9"),
        (lambda: NeighbourCounts(np.array([7, 8])).add(pair), "id 9"),
        (lambda: NeighbourCounts(np.array([7, 10])).add(pair), "id 9"),
        (lambda: NeighbourCounts(8).hubs(0), "not 0"),
    ]:
        with pytest.raises(UsageError, match=message):
            call()
