"""The plain scan's kernels against distances one by one; the index on them has the larger tests."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.codes import plain
from lookalike.codes.bits import hamming, to_words


@pytest.fixture
def codes() -> np.ndarray:
    # 128 words a code: blocks of 256 rows, so that several blocks and a rest are walked through.
    return np.random.default_rng(0).integers(0, 256, (1000, 512), np.uint8)


def test_distances_over_several_blocks(codes: np.ndarray) -> None:
    queries = codes[[3, 999]] ^ np.uint8(1)
    expected = hamming(queries, codes)
    rows, distances = plain.nearest(to_words(codes), to_words(queries), 1000)
    for query in range(2):
        order = np.argsort(expected[query], kind="stable")
        np.testing.assert_array_equal(rows[query], order)
        np.testing.assert_array_equal(distances[query], expected[query][order])


def test_what_is_kept_is_bounded(codes: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    words, queries = to_words(codes), to_words(codes[:20])
    expected = plain.nearest(words, queries, 5)
    monkeypatch.setattr(plain, "_KEPT_BYTES", 1)  # so that the queries come one by one
    found = plain.nearest(words, queries, 5)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_the_widest_distance_is_no_missing_one() -> None:
    codes = to_words(np.full((3, 512), 255, np.uint8))
    rows, distances = plain.nearest(codes, np.zeros((1, 64), np.uint64), 5, np.array([1, 0, 1]) > 0)
    assert rows.tolist() == [[0, 2, -1, -1, -1]]
    assert distances.tolist() == [[4096, 4096, -1, -1, -1]]


def test_within_is_in_order() -> None:
    codes = to_words(np.array([[3], [1], [0], [1]], np.uint8))
    owners, rows, distances = plain.within(codes, to_words(np.array([[0], [255]], np.uint8)), 1)
    assert (owners.tolist(), rows.tolist(), distances.tolist()) == ([0, 0, 0], [2, 1, 3], [0, 1, 1])
