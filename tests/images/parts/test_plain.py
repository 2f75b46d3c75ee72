"""Plain lines: the quick way finds what the plain way of percentiles finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.images.parts.plain import SPREAD, colours, plain

Array = npt.NDArray[np.uint8]


def ends(pixels: Array) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    low = np.percentile(pixels, 2, axis=1, method="nearest").astype(np.int16)
    high = np.percentile(pixels, 98, axis=1, method="nearest").astype(np.int16)
    return low, high


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 300), st.integers(0, 12))
def test_agrees_with_percentiles(seed: int, lines: int, length: int, noise: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(noise, 256 - noise, (lines, 1, 3))
    pixels = (base + rng.integers(-noise, noise + 1, (lines, length, 3))).astype(np.uint8)
    busy = rng.random(lines) < 0.3
    pixels[busy] = rng.integers(0, 256, (int(busy.sum()), length, 3))
    low, high = ends(pixels)
    np.testing.assert_array_equal(plain(pixels), (high - low).max(1) <= SPREAD)
    middle = np.percentile(pixels, 50, axis=1, method="lower")
    np.testing.assert_array_equal(colours(pixels), middle)


@pytest.mark.parametrize(("dots", "still"), [(7, True), (20, False)])
def test_a_few_dots_don_t_count(dots: int, still: bool) -> None:
    pixels = np.full((1, 400, 3), 200, np.uint8)
    pixels[0, 100 : 100 + dots] = 0  # side by side: at most one of those that are looked at first
    assert plain(pixels).tolist() == [still]


def test_columns_are_lines_too() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    pixels[:, 30:33] = (10, 200, 90)
    assert np.flatnonzero(plain(pixels.swapaxes(0, 1))).tolist() == [30, 31, 32]
    assert not plain(pixels).any()


def test_no_lines() -> None:
    assert plain(np.empty((0, 20, 3), np.uint8)).shape == (0,)
    assert colours(np.empty((0, 20, 3), np.uint8)).shape == (0, 3)
