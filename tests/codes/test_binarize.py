"""Binarizers: orthogonal, falling loss, deterministic, and refusing what can't be fitted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.binarize import (
    Binarizer,
    _itq,
    fit_hyperplanes,
    fit_itq,
    fit_pca,
    fit_sign,
)
from lookalike.codes.bits import check, hamming, unpack
from lookalike.errors import UsageError

Fit = Callable[[np.ndarray], Binarizer]

FITS: dict[str, Fit] = {
    "sign": fit_sign,
    "hyperplanes": lambda X: fit_hyperplanes(X, 12, seed=3),
    "pca": lambda X: fit_pca(X, 12),
    "itq": lambda X: fit_itq(X, 12, seed=3),
}


def features(n: int = 400, d: int = 20, seed: int = 0) -> np.ndarray:
    """Correlated and off centre, as the output of a network is."""
    rng = np.random.default_rng(seed)
    mixed = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d) * 5
    return mixed.astype(np.float32)


@pytest.mark.parametrize("name", FITS)
def test_codes_are_the_signs_of_the_projection(name: str) -> None:
    X = features()
    binarizer = FITS[name](X)
    codes = check(binarizer.bits(X), binarizer.width)
    expected = ((X - binarizer.mean) @ binarizer.projection) > 0
    np.testing.assert_array_equal(unpack(codes, binarizer.width), expected)
    np.testing.assert_array_equal(binarizer.project(X) > 0, expected)
    assert binarizer.project(X).dtype == np.float32
    assert binarizer.bits(X[:0]).shape == (0, (binarizer.width + 7) // 8)


@pytest.mark.parametrize("name", FITS)
def test_same_seed_same_binarizer(name: str) -> None:
    a, b = FITS[name](features()), FITS[name](features())
    np.testing.assert_array_equal(a.mean, b.mean)
    np.testing.assert_array_equal(a.projection, b.projection)


def test_another_seed_another_binarizer() -> None:
    X = features()
    assert (fit_itq(X, 8, seed=0).projection != fit_itq(X, 8, seed=1).projection).any()
    assert (
        fit_hyperplanes(X, 8, seed=0).projection != fit_hyperplanes(X, 8, seed=1).projection
    ).any()


@pytest.mark.parametrize("name", FITS)
def test_frozen(name: str) -> None:
    binarizer = FITS[name](features())
    with pytest.raises(ValueError, match="read-only"):
        binarizer.mean[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        binarizer.projection[0, 0] = 1


def test_frozen_arrays_are_copies() -> None:
    mean = np.zeros(3, np.float32)
    binarizer = Binarizer(mean, np.eye(3, dtype=np.float32))
    mean[0] = 1
    assert binarizer.mean[0] == 0


def test_pca_finds_the_directions_of_largest_variance() -> None:
    X = features()
    expected = np.linalg.svd(X - X.mean(0), full_matrices=False)[2][:12].T
    found = fit_pca(X, 12).projection
    np.testing.assert_allclose(np.abs((expected * found).sum(0)), 1, atol=1e-4)
    variances = ((X - X.mean(0)) @ found).var(0)
    assert (np.diff(variances) <= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 20), st.integers(0, 1000))
def test_itq_loss_never_rises_and_rotation_is_orthogonal(bits: int, seed: int) -> None:
    X = features(n=150, seed=seed % 7)
    _, rotation, components, losses = _itq(X, bits, seed, 30)
    assert (np.diff(losses) <= 1e-9 * losses[0]).all()
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(bits), atol=1e-10)
    np.testing.assert_allclose(components.T @ components, np.eye(bits), atol=1e-10)


def test_itq_lowers_the_loss_of_pca() -> None:
    X = features(n=1000, d=32) / 7  # near 1, where the loss isn't just the features' own size

    def loss(binarizer: Binarizer) -> float:
        V = binarizer.project(X)
        return float(np.square(np.sign(V) - V).sum())

    assert loss(fit_itq(X, 16, seed=0)) < 0.98 * loss(fit_pca(X, 16))


def test_itq_finds_a_turned_cube() -> None:
    # Clusters at the corners of a turned cube: the right rotation gives each one code of its own.
    rng = np.random.default_rng(0)
    corners = rng.choice([-1.0, 1.0], (2000, 6)) * 1.0
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    X = (corners + 0.05 * rng.standard_normal(corners.shape)) @ turn
    codes = unpack(fit_itq(X, 6, seed=0).bits(X), 6).astype(int)
    distances = (codes[:200, None] != codes[None, :200]).sum(2)
    expected = (corners[:200, None] != corners[None, :200]).sum(2)
    np.testing.assert_array_equal(distances, expected)


def test_hyperplanes_estimate_the_angle() -> None:
    X = np.array([[1.0, 0.0], [np.cos(1.0), np.sin(1.0)], [-1.0, 0.0], [-np.cos(1), -np.sin(1)]])
    codes = fit_hyperplanes(X, 4096, seed=1).bits(X)
    distances = hamming(codes, codes)
    assert distances[0, 1] / 4096 == pytest.approx(1 / np.pi, abs=0.03)
    assert distances[0, 2] == 4096


def test_sign_splits_at_the_mean() -> None:
    X = np.array([[0, 10], [2, 10], [4, 40]])
    assert fit_sign(X).bits(X).tolist() == [[0], [0], [0b11000000]]


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda: fit_pca(features(d=8), 9), "9 bits need at least as many features, not 8"),
        (lambda: fit_itq(features(d=8), 9, seed=0), "not 8"),
        (lambda: fit_pca(features(n=8, d=8), 8), "more than 8 rows to be fitted on, not 8"),
        (lambda: fit_itq(features(n=3, d=8), 8, seed=0), "not 3"),
        (lambda: fit_itq(features(), 8, seed=0, iterations=0), "at least 1, not 0"),
        (lambda: fit_pca(features(), 0), "not 0"),
        (lambda: fit_hyperplanes(features(), 4097, seed=0), "not 4097"),
        (lambda: fit_sign(np.zeros((1, 4097))), "makes 4097 bits"),
        (lambda: fit_sign(np.zeros((0, 3))), "at least 1 row, not 0"),
        (lambda: fit_sign(np.zeros(3)), r"not \(3,\)"),
        (lambda: fit_sign(np.zeros((3, 0))), "not 0"),
        (lambda: fit_sign(np.array([["a"]])), "real numbers"),
        (lambda: fit_sign(np.array([[0.0], [np.nan]])), "row 1"),
        (lambda: fit_sign(features()).bits(features(d=3)), "20 features, not 3"),
        (lambda: Binarizer(np.zeros(3, np.float32), np.zeros((2, 2), np.float32)), "3 and 2"),
        (lambda: Binarizer(np.zeros(3, np.float32), np.zeros(3, np.float32)), r"\(3,\)"),
    ],
)
def test_refuses(fit: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fit()
