from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.library.calibration_counts import Counts
from lookalike.library.calibration_tail import (
    ENOUGH,
    LEAST_LOG_RATE,
    OWN_PAIRS,
    blended,
    log_rates,
)

NOTHING = np.zeros(0, np.int64)
COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=80).filter(any)


@given(COUNTS)
def test_rates_rise_with_the_distance_to_one(counts: list[int]) -> None:
    logs = log_rates(Counts(np.array(counts), NOTHING, 0))
    assert len(logs) == len(counts)
    assert (np.diff(logs) >= 0).all()
    assert logs[0] >= LEAST_LOG_RATE
    assert logs[-1] == pytest.approx(0.0)


@given(COUNTS)
def test_what_was_counted_enough_is_not_fitted(counts: list[int]) -> None:
    reached = np.cumsum(counts)
    logs = log_rates(Counts(np.array(counts), NOTHING, 0))
    sure = reached >= max(ENOUGH, 1)
    assert 10 ** logs[sure] == pytest.approx(reached[sure] / reached[-1])


@pytest.mark.parametrize("shape", [0.0, 0.3])
def test_the_tail_leans_no_way(shape: float) -> None:
    """A hundred times rarer than what is counted, rates are right within two on average."""
    middle, scale, n = 120, 4.0, 200_000
    logs = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        far = rng.exponential(size=n) if not shape else (rng.random(n) ** -shape - 1) / shape
        distances = np.clip(np.floor(middle - scale * far), 0, middle).astype(np.int64)
        logs.append(log_rates(Counts(np.bincount(distances, minlength=middle + 1), NOTHING, 0)))
    mean = np.mean(logs, axis=0)
    checked = 0
    for distance in range(40, 118, 6):
        away = (middle - distance - 1) / scale  # d or nearer is every value below d + 1
        true = np.exp(-away) if not shape else (1 + shape * away) ** (-1 / shape)
        if true > ENOUGH / n / 100:
            assert 0.5 < 10 ** mean[distance] / true < 2, distance
            checked += 1
    assert checked > 5


def test_rare_pairs_of_many_count_and_not_those_of_few() -> None:
    few = np.array([0, 0, 0, 50, 50, 900])
    many = np.array([100, 100, 100])
    logs = log_rates(Counts(few, many, 1_000_000))
    assert 10 ** logs[:3] == pytest.approx([1e-4, 2e-4, 3e-4])
    assert 10 ** logs[3:] == pytest.approx([0.05, 0.1, 1.0])


@given(COUNTS, st.integers(1, 10**6))
def test_own_rates_take_over_without_a_jump(counts: list[int], times: int) -> None:
    """The same shares of more pairs bring the rates nearer to the library's own, bit by bit."""
    prior = np.linspace(-4, 0, len(counts))
    few = Counts(np.array(counts), NOTHING, 0)
    one_more = Counts(np.array(counts) + np.eye(len(counts), dtype=np.int64)[-1], NOTHING, 0)
    many = Counts(np.array(counts) * times, NOTHING, 0)
    mixed, own = blended(few, prior), log_rates(few)
    assert (np.diff(mixed) >= 0).all()
    assert (mixed >= np.minimum(own, prior)).all()
    assert np.abs(blended(one_more, prior) - mixed).max() < 0.5
    counted = few.reached() >= ENOUGH
    before, after = (np.abs(m - own)[counted] for m in (mixed, blended(many, prior)))
    assert (after <= before + 1e-9).all()


def test_a_library_of_nothing_has_what_ships() -> None:
    prior = np.array([-4.0, -3.0, 0.0])
    assert blended(Counts(np.zeros(3, np.int64), NOTHING, 0), prior).tolist() == prior.tolist()


def test_what_ships_tells_where_a_library_has_no_pairs() -> None:
    prior = np.array([-9.0, -8.0, -7.0, -3.0, -1.0, 0.0])
    found = blended(Counts(np.array([0, 0, 0, 0, 300, 900]), NOTHING, 0), prior)
    assert found[0] < -7
    assert found[4] == pytest.approx(np.log10(0.25), abs=0.05)
    many = Counts(np.array([0, 0, 0, 0, 3, 9]) * 100 * OWN_PAIRS, NOTHING, 0)
    assert blended(many, prior) == pytest.approx(log_rates(many), abs=0.3)
