"""Neighbours by real features that a code keeps."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.codes.bits import pack
from lookalike.errors import UsageError
from lookalike.evaluation.neighbours import kept_neighbours


def test_a_case_by_hand() -> None:
    # By angle the query's two nearest are rows 0 and 1.
    database = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], np.float32)
    query = np.array([[1, 0]], np.float32)
    asked = pack(np.array([[0, 0, 0, 0]], bool))
    # By code: row 0 first, then rows 1 and 2, tied: one of them is in the first two.
    stored = pack(np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]], bool))
    found = kept_neighbours((query, asked), (database, stored), 2)
    assert found == pytest.approx((1 + 0.5) / 2)


@pytest.mark.parametrize("bits", [16, 100])
def test_against_a_plain_count(bits: int) -> None:
    random = np.random.default_rng(bits)
    floats = random.normal(size=(270, 12)).astype(np.float32)
    floats /= np.linalg.norm(floats, axis=1, keepdims=True)
    signs = floats @ random.normal(size=(12, bits)) > 0
    queries, database = slice(0, 70), slice(70, None)
    found = kept_neighbours(
        (floats[queries], pack(signs[queries])), (floats[database], pack(signs[database])), 10
    )
    # Twin: the mean over random orders of ties.
    shares = []
    for row in range(70):
        nearest = set(np.argsort(-(floats[database] @ floats[row]))[:10])
        apart = (signs[database] != signs[row]).sum(1)
        for _ in range(40):
            order = np.lexsort((random.random(200), apart))[:10]
            shares.append(len(nearest & set(order)) / 10)
    assert found == pytest.approx(np.mean(shares), abs=0.01)
    assert kept_neighbours((floats, pack(signs)), (floats, pack(signs)), 270) == 1


def test_wrong_use() -> None:
    floats, codes = np.ones((3, 2), np.float32), np.zeros((3, 1), np.uint8)
    with pytest.raises(UsageError, match="k is 1 to the 3 pictures"):
        kept_neighbours((floats, codes), (floats, codes), 4)
    with pytest.raises(UsageError, match="the same pictures"):
        kept_neighbours((floats, codes[:2]), (floats, codes), 1)
    with pytest.raises(UsageError, match="the same pictures"):
        kept_neighbours((floats[:0], codes[:0]), (floats, codes), 1)
