"""The order by walks, against the linear system that it solves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lookalike.ranking.diffusion import NEIGHBOURS, SHARPNESS, STAYS_ON, diffused_order


def cosines(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return np.asarray(unit @ unit.T)


def twin(between: npt.NDArray[np.float64]) -> list[int]:
    """The same by edges one by one and the inverse of a matrix."""
    size = len(between)
    weights = np.maximum(between, 0) ** SHARPNESS
    np.fill_diagonal(weights, 0)
    edges = np.zeros((size, size))
    for i in range(size):
        for j in np.argsort(-weights[i], kind="stable")[: min(NEIGHBOURS, size - 1)]:
            edges[i, j] = edges[j, i] = weights[i, j]
    degree = np.maximum(edges.sum(1), 1e-30)
    walk = edges / np.sqrt(degree[:, None] * degree)
    reached = np.linalg.inv(np.eye(size) - STAYS_ON * walk)[0, 1:]
    first = int(between[0, 1:].argmax())
    return [
        first,
        *(i for i in np.argsort(-reached.round(9), kind="stable").tolist() if i != first),
    ]


@pytest.mark.parametrize("size", [3, 4, 7, 30, 120])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_linear_system(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((4, 16))
    vectors = centres[rng.integers(0, 4, size)] + rng.standard_normal((size, 16))
    between = cosines(vectors)
    assert diffused_order(between).tolist() == twin(between)


def test_a_chain_is_followed() -> None:
    """Steps of 20 degrees from the query, and one picture at 75 degrees on the other side."""
    angles = np.deg2rad([0, 20, 40, 60, 80, -75, -150, -155, -160, -165, -170])
    between = cosines(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    order = diffused_order(between).tolist()
    by_cosine = np.argsort(-between[0, 1:], kind="stable").tolist()
    assert by_cosine[:5] == [0, 1, 2, 4, 3]
    assert order[:5] == [0, 1, 2, 3, 4]


def test_the_nearest_stays_first() -> None:
    """It resembles nothing else, and the others each other."""
    rng = np.random.default_rng(0)
    query = np.eye(32)[0]
    copy = 0.9 * query + 0.1 * np.eye(32)[1]
    group = 0.5 * query + np.eye(32)[2] + 0.05 * rng.standard_normal((20, 32))
    order = diffused_order(cosines(np.stack([query, *group, copy])))
    assert order[0] == 20


def test_what_no_walk_reaches_is_last_by_cosine() -> None:
    between = np.eye(6)
    between[0, 1:] = between[1:, 0] = [-0.3, 0.9, -0.1, 0.8, -0.2]
    assert diffused_order(between).tolist() == [1, 3, 2, 4, 0]


@pytest.mark.parametrize("size", [0, 1])
def test_short_lists(size: int) -> None:
    order = diffused_order(np.ones((size + 1, size + 1)))
    assert order.tolist() == list(range(size))
    assert order.dtype == np.int64


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_equal_pictures_keep_their_order(value: float) -> None:
    size = 3 * NEIGHBOURS
    between = np.full((size, size), value)
    np.fill_diagonal(between, 1)
    assert sorted(diffused_order(between).tolist()) == list(range(size - 1))
    assert diffused_order(between)[0] == 0


@given(
    st.integers(1, 25).flatmap(
        lambda n: arrays(np.float64, (n, 3), elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0]))
    )
)
def test_every_picture_is_listed_once(vectors: npt.NDArray[np.float64]) -> None:
    between = cosines(vectors)
    order = diffused_order(between)
    assert sorted(order.tolist()) == list(range(len(vectors) - 1))
    if len(order):
        assert between[0, 1 + order[0]] == between[0, 1:].max()
