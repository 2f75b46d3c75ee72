"""The k-d tree answers what comparing all rows answers, in the form of the other indexes."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.errors import MissingExtraError, UsageError
from lookalike.indexes.kdtree import KDTreeIndex

pytest.importorskip("sklearn")

Floats = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def features() -> Floats:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(10, 1, 12))
    return (centres + 0.3 * rng.normal(size=(10, 60, 12))).reshape(-1, 12).astype(np.float32)


@pytest.fixture(scope="module")
def distances(features: Floats) -> Floats:
    """All of them: (20, n)."""
    differences = features[:20, None].astype(np.float64) - features[None]
    return np.sqrt((differences**2).sum(2)).astype(np.float32)


def test_nearest(features: Floats, distances: Floats) -> None:
    for threads in (1, 2):
        hits = KDTreeIndex(features, threads=threads).search(features[:20], 7)
        assert hits.exact
        assert (hits.ids.dtype, hits.distances.dtype) == (np.int64, np.float32)
        order = np.argsort(distances, axis=1, kind="stable")[:, :7]
        assert np.array_equal(hits.ids, order)
        assert np.allclose(hits.distances, np.take_along_axis(distances, order, 1))
        assert hits[0][1].distance == hits.distances[0, 1]


def test_within(features: Floats, distances: Floats) -> None:
    found = KDTreeIndex(features).within(features[:20], 1.25)
    for query in range(20):
        assert {hit.id for hit in found[query]} == set(np.flatnonzero(distances[query] <= 1.25))
        keys = [(hit.distance, hit.id) for hit in found[query]]
        assert keys == sorted(keys)


def test_equal_rows_come_by_id() -> None:
    hits = KDTreeIndex(np.zeros((5, 3)), ids=np.array([2, 4, 6, 8, 9])).search(np.zeros((1, 3)), 5)
    assert hits.ids.tolist() == [[2, 4, 6, 8, 9]]


def test_masks(features: Floats, distances: Floats) -> None:
    allowed = np.zeros(len(features), np.bool_)
    allowed[-40::2] = True
    tree = KDTreeIndex(features)
    hits = tree.search(features[:20], 5, allowed=allowed)
    masked = np.where(allowed, distances, np.inf)
    assert np.array_equal(hits.ids, np.argsort(masked, axis=1, kind="stable")[:, :5])
    none = tree.search(features[:2], 5, allowed=np.zeros(len(features), np.bool_))
    assert (none.ids == -1).all()
    some = tree.within(features[:20], 3.0, allowed=allowed)
    assert set(some.ids) <= set(np.flatnonzero(allowed))
    assert len(some.ids) == int((masked <= 3.0).sum())


def test_more_neighbours_than_rows(features: Floats) -> None:
    hits = KDTreeIndex(features[:4]).search(features[:2], 6)
    assert (hits.ids[:, :4] >= 0).all()
    assert (hits.ids[:, 4:] == -1).all()
    assert (hits.distances[:, 4:] == -1).all()


def test_no_queries(features: Floats) -> None:
    tree = KDTreeIndex(features)
    assert tree.search(features[:0], 6).ids.shape == (0, 6)
    assert len(tree.within(features[:0], 1.0)) == 0


def test_wrong_arguments(features: Floats) -> None:
    tree = KDTreeIndex(features)
    with pytest.raises(UsageError, match="from 1 to 100,000,000, not 0"):
        tree.search(features, 0)
    with pytest.raises(UsageError, match=r"\(queries, 12\)"):
        tree.search(features[:, :5], 1)
    with pytest.raises(UsageError, match="at least 0"):
        tree.within(features, float("nan"))
    with pytest.raises(UsageError, match="at least 1 row"):
        KDTreeIndex(features[:0])
    with pytest.raises(UsageError, match="finite"):
        KDTreeIndex(np.full((2, 2), np.nan))
    with pytest.raises(UsageError, match="real numbers"):
        KDTreeIndex(np.array([["a"]]))
    with pytest.raises(UsageError, match="thread"):
        KDTreeIndex(features, threads=0)
    with pytest.raises(UsageError, match="leaf"):
        KDTreeIndex(features, leaf_size=0)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch, features: Floats) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.neighbors", None)
    with pytest.raises(MissingExtraError, match=r"\[sklearn\]"):
        KDTreeIndex(features)
