"""Pairs that codes propose: counted, thinned where a picture is near to too many."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.library.duplicates import crowds
from lookalike.library.duplicates.crowds import HUB_PAIRS, MOST_PAIRS, Crowds, Portion
from lookalike.library.duplicates.packed import CLOSE, WHOLES
from lookalike.library.look_store import Look
from lookalike.types import ContentId


def portion(code: str, rows: list[tuple[int, int, int, int]]) -> Portion:
    first, second, distances, wanted = np.array(rows, np.int64).reshape(-1, 4).T
    return Portion(code, first, second, distances.astype(np.int32), wanted)


def test_each_pair_comes_once_by_the_first_code_and_as_closely_as_anybody_wants() -> None:
    found = Crowds(np.arange(10), 30)
    found.add(portion("photo", [(5, 2, 60, CLOSE), (1, 9, 3, CLOSE)]))
    found.add(portion("pdq", [(2, 5, 40, WHOLES), (5, 2, 38, WHOLES), (0, 1, 3, CLOSE)]))
    found.add(portion("turned", []))
    assert found.pairs() == [
        Look(ContentId(0), ContentId(1), "pdq", 3, CLOSE),
        Look(ContentId(1), ContentId(9), "photo", 3, CLOSE),
        Look(ContentId(2), ContentId(5), "pdq", 38, CLOSE),
    ]
    assert not found.cut
    assert found.hubs() == {}


@pytest.mark.parametrize("room", [10**6, 500])
def test_of_a_crowd_the_nearest_stay(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "_ROOM", room)
    n = 200
    found = Crowds(np.arange(n + 2), 30)
    for a in range(n):
        far = [(a, b, 4 + abs(a - b) % 20, CLOSE) for b in range(a + 1, n)]
        if far:
            found.add(portion("pdq", far))
    found.add(portion("pdq", [(7, 150, 1, CLOSE), (3, n, 2, CLOSE), (n, n + 1, 31, WHOLES)]))
    hubs = found.hubs()
    assert set(hubs) == set(range(n))
    assert hubs[ContentId(7)] == n  # 150 came twice
    pairs = {(pair.first, pair.second): pair.distance for pair in found.pairs()}
    assert found.cut
    # A copy is the nearest; what is no hub has all of its pairs.
    assert pairs[ContentId(7), ContentId(150)] == 1
    assert pairs[ContentId(3), ContentId(n)] == 2
    assert pairs[ContentId(n), ContentId(n + 1)] == 31
    assert len(pairs) <= n * HUB_PAIRS + 2
    counts = np.bincount([end for pair in pairs for end in pair])
    assert counts.min() >= 1


def test_without_hubs_no_more_than_so_many_of_each() -> None:
    found = Crowds(np.arange(100), 30)
    found.add(portion("pdq", [(0, n, n, CLOSE) for n in range(1, 40)]))
    assert len(found.pairs()) == 39  # each is the nearest of its other end
    wide = Crowds(np.arange(100), 30)
    wide.add(portion("photo", [(a, b, 10, CLOSE) for a in range(60) for b in range(a + 1, 60)]))
    counts = np.bincount([end for pair in wide.pairs() for end in pair[:2]])
    assert counts.min() >= MOST_PAIRS
    assert wide.cut
