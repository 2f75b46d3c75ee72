from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import from_words, hamming, to_words
from lookalike.encoders.turned_codes import turned_codes
from lookalike.library import calibration_counts
from lookalike.library.calibration_counts import (
    COSINE_STEPS,
    Counts,
    cosine_counts,
    cosine_steps,
    distance_counts,
    near_pairs,
)

Matrix = npt.NDArray[np.int64]


def codes_of(n: int, bits: int, seed: int) -> npt.NDArray[np.uint64]:
    """Codes some of which are near to each other, as words."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 256, (max(1, n // 4), bits // 8), dtype=np.uint8)
    flips = np.packbits(rng.random((n, bits)) < rng.uniform(0, 0.5, (n, 1)), axis=1)
    return to_words(centres[rng.integers(0, len(centres), n)] ^ flips)


def by_hand(words: npt.NDArray[np.uint64], bits: int, *, turned: bool) -> Matrix:
    """All distances, of the nearest turning, by NumPy alone."""
    codes = from_words(words, bits)
    asked = turned_codes(codes) if turned else codes[None]
    return np.min([hamming(turn, codes) for turn in asked], axis=0).astype(np.int64)


@given(st.integers(0, 40), st.sampled_from([(64, False), (256, False), (256, True)]), st.integers())
@settings(max_examples=30, deadline=None)
def test_all_pairs_are_counted_once(n: int, kind: tuple[int, bool], seed: int) -> None:
    bits, turned = kind
    words = codes_of(n, bits, abs(seed))
    above = by_hand(words, bits, turned=turned)[np.triu_indices(n, 1)] if n else np.zeros(0, int)
    found = distance_counts(words, bits, turned=turned)
    assert found.tolist() == np.bincount(above, minlength=bits + 1).tolist()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("few", [True, False])
def test_near_pairs_are_those_within_the_radius(
    turned: bool, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_counts, "BODY", 1000 if few else 10)
    words = codes_of(300, 256, 3)
    words[7] = words[250]  # equal codes
    distances = by_hand(words, 256, turned=turned)
    for radius in (0, 40, 100):
        near = near_pairs(words, 256, radius, turned=turned)
        found = sorted(zip(*(part.tolist() for part in near), strict=True))
        first, second = np.triu_indices(300, 1)
        inside = distances[first, second] <= radius
        rows = first[inside], second[inside], distances[first, second][inside]
        assert found == sorted(zip(*(part.tolist() for part in rows), strict=True))


def test_a_pair_counts_the_same_whichever_of_the_two_is_turned() -> None:
    distances = by_hand(codes_of(60, 256, 5), 256, turned=True)
    assert np.array_equal(distances, distances.T)


def test_opposite_codes_are_all_bits_apart() -> None:
    words = np.array([[0] * 4, [2**64 - 1] * 4], np.uint64)
    assert distance_counts(words, 256, turned=False)[256] == 1


def test_cosines_are_counted_as_by_hand() -> None:
    embeddings = np.random.default_rng(0).integers(-127, 128, (200, 32)).astype(np.int8)
    embeddings[3] = embeddings[4]
    embeddings[5] = 0  # of no length: like nothing
    rows = embeddings.astype(np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    cosines = (rows @ rows.T)[np.triu_indices(200, 1)]
    found = cosine_counts(embeddings).cumsum()
    for cosine in (0.9, 0.5, 0.25, 0.0, -0.3):
        # Single precision may put a pair on the other side of a rim.
        step = int(cosine_steps(cosine))
        low, high = (cosines >= cosine + 1e-6).sum(), (cosines >= cosine - 1e-6).sum()
        assert low <= found[step] <= high
    assert found[-1] == 200 * 199 // 2


def test_steps_are_those_of_the_rims() -> None:
    assert cosine_steps([1, 0.995, 0.9949, 0, -1]).tolist() == [0, 1, 2, 200, COSINE_STEPS]
    assert cosine_steps([1.0001, -1.0001]).tolist() == [0, COSINE_STEPS]


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_larger_cosine_is_in_no_farther_step(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert cosine_steps(high) <= cosine_steps(low)


def test_few_and_many_pairs_make_one_curve() -> None:
    # Ten pairs at each of 0 to 9, of which the many have a hundred times as many, but none at 0.
    counts = Counts(np.full(10, 10), np.array([0, 1000, 1000]), 10_000)
    assert counts.reached().tolist() == [0, 1000, 2000, *range(4000, 10_001, 1000)]
    assert counts.total == 10_000
