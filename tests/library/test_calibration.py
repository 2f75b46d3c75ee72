from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.codes.bits import hamming_pairs
from lookalike.encoders.turned_codes import turned_codes
from lookalike.library.calibration import USUAL_RATE, Calibration
from lookalike.library.calibration_counts import COSINE_STEPS
from lookalike.library.calibration_prior import prior_of_distances
from lookalike.library.calibration_tail import OWN_PAIRS
from tests.calibrated import BITS, row

LOGS = np.minimum(0.0, np.linspace(-12, 12, BITS + 1))
COSINES = np.minimum(0.0, np.linspace(-8, 8, COSINE_STEPS + 1))
MADE = Calibration(row("photo"), LOGS, COSINES, 1000, 400_000)


@given(st.lists(st.integers(0, BITS), min_size=2), st.integers(0, 10**7))
def test_chance_rises_with_the_distance_and_with_the_library(distances: list[int], n: int) -> None:
    chances = MADE.chance(sorted(distances), n)
    assert (np.diff(chances) >= 0).all()
    assert (chances >= 0).all()
    assert (chances <= n).all()
    assert MADE.chance(sorted(distances), 3 * n) == pytest.approx(3 * chances)
    assert chances.tolist() == sorted(MADE.chance(distances, n).tolist())


@given(st.lists(st.floats(-1, 1), min_size=2))
def test_chance_falls_with_the_cosine(cosines: list[float]) -> None:
    distances = [100] * len(cosines)
    assert (np.diff(MADE.chance(distances, 50, sorted(cosines))) <= 0).all()


def test_a_cosine_tells_more_than_a_distance() -> None:
    by_distance = MADE.rates([30, 30])
    mixed = MADE.rates([30, 30], [np.nan, 0.5])
    assert mixed[0] == by_distance[0] == 10 ** LOGS[30]
    assert mixed[1] == 10 ** COSINES[100]


def test_views_are_so_many_questions_for_a_hash_alone() -> None:
    assert replace(MADE, encoder=row("pdq")).chance([30], 10, views=3) == pytest.approx(
        3 * MADE.chance([30], 10)
    )
    assert MADE.chance([30], 10, views=3) == MADE.chance([30], 10)


def test_distances_beyond_the_code_are_its_ends() -> None:
    assert MADE.rates([-1, BITS + 5]).tolist() == [10 ** LOGS[0], 1.0]


def test_a_hit_is_usual_if_it_is_so_here_and_among_photographs() -> None:
    prior = prior_of_distances(MADE.encoder)
    both = np.maximum(LOGS, prior)  # a rate that is above the line in one of them alone is not
    usual = replace(MADE, cosines=None).usual(np.arange(BITS + 1))
    assert usual.tolist() == (10 ** np.minimum(LOGS, prior) > USUAL_RATE).tolist()
    assert usual.any()
    assert not usual.all()
    assert (10**both > USUAL_RATE).sum() > usual.sum()


def test_a_stricter_rule_leaves_out_more() -> None:
    distances = np.arange(BITS + 1)
    plain, strict = MADE.usual(distances), MADE.usual(distances, factors=100.0)
    assert (plain <= strict).all()
    assert strict.sum() > plain.sum()


@pytest.mark.parametrize("cosines", [COSINES, None])
def test_what_was_kept_comes_back(cosines: np.ndarray | None) -> None:
    encoder = row("photo" if cosines is not None else "pdq")
    kept = Calibration(encoder, LOGS, cosines, 1000, 400_000, parts=True)
    found = Calibration.from_json(kept.to_json(), encoder)
    assert found is not None
    assert found.distances == pytest.approx(LOGS, abs=1e-4)
    assert (found.contents, found.pairs, found.parts) == (1000, 400_000, True)
    assert (found.cosines is None) == (cosines is None)


@pytest.mark.parametrize(
    "change",
    [
        {"form": 0},
        {"fingerprint": "another"},
        {"distances": [0.0]},
        {"cosines": None},
        {"contents": "many"},
        {"distances": None},
    ],
)
def test_what_was_kept_of_something_else_is_nothing(change: dict[str, object]) -> None:
    text = json.dumps({**json.loads(MADE.to_json()), **change})
    assert Calibration.from_json(text, MADE.encoder) is None


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "{}"])
def test_what_is_damaged_is_nothing(text: str) -> None:
    assert Calibration.from_json(text, MADE.encoder) is None


def test_it_fits_until_the_library_has_doubled_or_halved() -> None:
    fits = [n for n in range(3000) if MADE.fits(MADE.encoder, n, parts=False)]
    assert (fits[0], fits[-1]) == (500, 2000)
    assert not MADE.fits(MADE.encoder, 1000, parts=True)
    assert not MADE.fits(replace(MADE.encoder, fingerprint="another"), 1000, parts=False)


def test_own_pairs_are_those_of_some_hundred_pictures() -> None:
    assert 100 < (2 * OWN_PAIRS) ** 0.5 < 1000


def test_codes_of_turned_pictures_are_turns_of_codes() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (20, 32), dtype=np.uint8)
    turned = turned_codes(codes)
    assert np.array_equal(turned[0], codes)
    # Half a turn and flips undo themselves; a quarter turn does so with its opposite.
    for there, back in ((1, 3), (2, 2), (3, 1), (4, 4), (5, 5), (6, 6), (7, 7)):
        again = turned_codes(turned[there])[back]
        assert hamming_pairs(again, codes).tolist() == [0] * 20
