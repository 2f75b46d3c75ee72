"""Votes of local features: what shows the same in part is proposed, and crowds are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lookalike.library.duplicates.voting import LEAST_VOTES, Voted, ballot_of, voted
from lookalike.matching.features import Features, no_features


def go_on(done: int, total: int) -> bool:
    assert 0 <= done <= total
    return True


def features(rng: np.random.Generator, count: int = 40) -> Features:
    points = np.column_stack(
        [
            rng.uniform(0, 256, (count, 2)),
            rng.uniform(2, 16, count),
            rng.uniform(0, 360, count),
        ]
    ).astype(np.float32)
    # As sparse as real ones are.
    raw = rng.gamma(0.5, 1.0, (count, 128))
    raw /= raw.sum(axis=1, keepdims=True)
    return Features(points, np.minimum(np.rint(64 * np.sqrt(raw)) * 8, 255).astype(np.uint8))


def crop(
    rng: np.random.Generator, of: Features, rows: Sequence[int], *, scale: float, degrees: float
) -> Features:
    """Some features as a picture has them that shows a part, larger and turned, among its own."""
    own = features(rng, 30)
    turn = scale * np.exp(1j * np.deg2rad(degrees))
    places = turn * (of.points[rows, 0] - 90 + 1j * (of.points[rows, 1] - 80)) + 128 + 128j
    points = np.column_stack(
        [places.real, places.imag, of.points[rows, 2] * scale, (of.points[rows, 3] + degrees) % 360]
    )
    seen = of.descriptors[rows] + rng.integers(-1, 2, (len(rows), 128)) * 8
    return Features(
        np.concatenate([own.points, points.astype(np.float32)]),
        np.concatenate([own.descriptors, np.clip(seen, 0, 255).astype(np.uint8)]),
    )


def vote(pictures: Sequence[Features], fresh: Sequence[int] | None = None) -> Voted:
    contents = 10 + 3 * np.arange(len(pictures))
    asked = np.isin(np.arange(len(pictures)), range(len(pictures)) if fresh is None else fresh)
    found = voted(ballot_of(pictures, len(pictures)), contents, asked, go_on)
    assert found is not None
    return found


def pairs(found: Voted) -> dict[tuple[int, int], int]:
    rows = zip(found.first.tolist(), found.second.tolist(), found.votes.tolist(), strict=True)
    return {((a - 10) // 3, (b - 10) // 3): n for a, b, n in rows}


@pytest.mark.parametrize(("scale", "degrees"), [(1.0, 0.0), (3.0, 0.0), (0.5, 90.0), (1.3, 200.0)])
def test_a_part_is_found_however_it_lies(scale: float, degrees: float) -> None:
    rng = np.random.default_rng(1)
    pictures = [features(rng) for _ in range(20)]
    pictures.append(crop(rng, pictures[7], range(6), scale=scale, degrees=degrees))
    assert pairs(vote(pictures)) == {(7, 20): 6}


def test_few_or_contradicting_votes_propose_nothing() -> None:
    rng = np.random.default_rng(2)
    pictures = [features(rng) for _ in range(20)]
    few = crop(rng, pictures[3], range(LEAST_VOTES - 1), scale=1, degrees=0)
    torn = crop(rng, pictures[4], range(8), scale=1, degrees=0)
    torn.points[30:, :2] = rng.uniform(0, 2000, (8, 2))
    one = crop(rng, pictures[5], [1] * 8, scale=1, degrees=0)  # one feature, again and again
    assert pairs(vote([*pictures, few, torn, one])) == {}


def test_what_a_crowd_has_tells_nothing() -> None:
    rng = np.random.default_rng(3)
    menu = features(rng)
    crowd = [crop(rng, menu, range(20), scale=1, degrees=0) for _ in range(150)]
    crowd.append(crop(rng, crowd[5], range(10), scale=2, degrees=0))
    assert pairs(vote(crowd)) == {(5, 150): 10}
    same = [
        Features(
            np.concatenate([one.points, menu.points]),
            np.concatenate([one.descriptors, menu.descriptors]),
        )
        for one in (features(rng) for _ in range(150))
    ]
    assert pairs(vote(same)) == {}


def test_only_what_is_new_is_proposed() -> None:
    rng = np.random.default_rng(4)
    pictures = [features(rng) for _ in range(6)]
    for of in (0, 1):
        pictures.append(crop(rng, pictures[of], range(9), scale=1, degrees=0))
    assert set(pairs(vote(pictures))) == {(0, 6), (1, 7)}
    assert set(pairs(vote(pictures, fresh=[7]))) == {(1, 7)}
    assert set(pairs(vote(pictures, fresh=[0]))) == {(0, 6)}


def test_nothing_to_vote_with_and_an_end_before_the_end() -> None:
    rng = np.random.default_rng(5)
    for pictures in ([], [no_features()], [features(rng)], [features(rng), no_features()]):
        assert pairs(vote(pictures)) == {}
    pictures = [features(rng) for _ in range(3)]
    ballot = ballot_of(pictures, 3)
    assert voted(ballot, np.arange(3), np.ones(3, np.bool_), lambda done, total: False) is None


def test_very_many_pictures_vote_with_their_strongest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lookalike.library.duplicates.voting._MOST_FEATURES", 60)
    rng = np.random.default_rng(6)
    pictures = [features(rng) for _ in range(3)]
    assert np.bincount(ballot_of(pictures, 3).owners).tolist() == [20, 20, 20]


def test_where_room_is_short_the_nearest_votes_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    pictures = [features(rng) for _ in range(10)]
    pictures += [crop(rng, one, range(12), scale=1, degrees=0) for one in pictures]
    whole = pairs(vote(pictures))
    monkeypatch.setattr("lookalike.library.duplicates.voting._ROOM", 80)
    part = pairs(vote(pictures))
    assert set(part) <= set(whole)
    assert part
    assert all(part[pair] <= whole[pair] for pair in part)
