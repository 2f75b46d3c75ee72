"""The neighbours of an estimator are those that the definitions say."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from lookalike.codes.bits import hamming, pack, unpack
from lookalike.errors import UsageError
from lookalike.estimators import HammingNeighbors
from lookalike.types import Codes


def random_codes(n: int, bits: int, seed: int = 0) -> Codes:
    return pack(np.random.default_rng(seed).random((n, bits)) < 0.5)


@given(
    n=st.integers(2, 60),
    width=st.integers(1, 9),
    k=st.integers(1, 12),
    few=st.booleans(),
    seed=st.integers(0, 99),
)
def test_neighbours_by_the_definition(n: int, width: int, k: int, few: bool, seed: int) -> None:
    codes = random_codes(n, 8 * width, seed)
    if few:  # many equal codes
        codes = codes[np.random.default_rng(seed).integers(0, 2, n)]
    k = min(k, n - 1)
    queries = random_codes(5, 8 * width, seed + 1)
    fitted = HammingNeighbors(k).fit(codes)
    distances, rows = fitted.kneighbors(queries)
    truth = hamming(queries, codes)
    order = np.argsort(truth, axis=1, kind="stable")[:, :k]
    assert np.array_equal(rows, order)
    assert np.array_equal(distances, np.take_along_axis(truth, order, 1))

    own = hamming(codes, codes)
    np.fill_diagonal(own, 9999)
    order = np.argsort(own, axis=1, kind="stable")[:, :k]
    assert np.array_equal(fitted.kneighbors(return_distance=False), order)


def test_packed_and_unpacked_agree_with_scikit_learn() -> None:
    codes, queries = random_codes(200, 40), random_codes(30, 40, 1)
    bits, query_bits = unpack(codes, 40), unpack(queries, 40)
    packed = HammingNeighbors(n_neighbors=6).fit(codes)
    unpacked = HammingNeighbors(n_neighbors=6, packed=False).fit(bits)
    for x, y in zip(packed.kneighbors(queries), unpacked.kneighbors(query_bits), strict=True):
        assert np.array_equal(x, y)
    peer = NearestNeighbors(n_neighbors=6, metric="hamming", algorithm="brute").fit(bits)
    distances, _ = peer.kneighbors(query_bits)
    assert np.allclose(distances * 40, packed.kneighbors(queries)[0])
    distances, _ = peer.kneighbors()
    assert np.allclose(distances * 40, packed.kneighbors()[0])


def test_features_that_are_no_multiple_of_eight() -> None:
    bits = np.random.default_rng(5).integers(0, 2, (50, 13))
    distances, _ = HammingNeighbors(3, packed=False).fit(bits).kneighbors(bits[:4])
    truth = (bits[:4, None] != bits[None]).sum(2)
    assert np.array_equal(distances, np.sort(truth, axis=1)[:, :3])


def test_positive_features_count_as_one() -> None:
    signs = np.where(np.random.default_rng(6).random((20, 9)) < 0.5, -1.5, 0.25)
    fitted = HammingNeighbors(4, packed=False)
    real = fitted.fit(signs).kneighbors(signs)
    bits = fitted.fit(signs > 0).kneighbors(signs > 0)
    assert all(np.array_equal(x, y) for x, y in zip(real, bits, strict=True))


def test_radius_neighbours() -> None:
    codes, queries = random_codes(300, 16), random_codes(10, 16, 1)
    fitted = HammingNeighbors(radius=4).fit(codes)
    distances, rows = fitted.radius_neighbors(queries)
    truth = hamming(queries, codes)
    for query in range(10):
        keys = list(zip(distances[query].tolist(), rows[query].tolist(), strict=True))
        assert keys == sorted((int(d), i) for i, d in enumerate(truth[query].tolist()) if d <= 4)
    wider = fitted.radius_neighbors(queries, radius=5.9, return_distance=False)
    assert [len(found) for found in wider] == (truth <= 5).sum(1).tolist()
    for query, found in enumerate(fitted.radius_neighbors(return_distance=False)):
        assert query not in found
        assert len(found) == (hamming(codes[query : query + 1], codes) <= 4).sum() - 1


def test_graph_is_that_of_scikit_learn() -> None:
    codes = random_codes(60, 64)
    bits = unpack(codes, 64)
    own = HammingNeighbors(5).fit(codes)
    peer = NearestNeighbors(n_neighbors=5, metric="hamming", algorithm="brute").fit(bits)
    graph, expected = own.kneighbors_graph(), peer.kneighbors_graph(mode="distance")
    assert graph.format == "csr"
    assert (graph.shape, graph.dtype, graph.nnz) == (expected.shape, np.float64, expected.nnz)
    assert (graph.diagonal() == 0).all()
    assert (graph.sum(1) == 5).all()
    distances = own.kneighbors_graph(mode="distance")
    assert np.allclose(np.sort(distances.data), np.sort(expected.data) * 64)
    assert own.kneighbors_graph(codes[:3], 2).sum() == 6


def test_fitted_codes_are_a_copy_and_travel() -> None:
    codes = random_codes(40, 64)
    kept = codes.copy()
    fitted = HammingNeighbors(3, n_jobs=2).fit(codes)
    codes[:] = 0
    before = fitted.kneighbors(kept)
    after = pickle.loads(pickle.dumps(fitted)).kneighbors(kept)
    assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))
    assert (before[0][:, 0] == 0).all()


def test_fitting_again_and_other_threads() -> None:
    first, second = random_codes(30, 16), random_codes(40, 32, 1)
    fitted = HammingNeighbors(1, n_jobs=1).fit(first)
    assert (fitted.kneighbors(first)[0] == 0).all()
    fitted.set_params(n_jobs=2)
    assert (fitted.kneighbors(first)[0] == 0).all()
    assert (fitted.fit(second).kneighbors(second)[0] == 0).all()


@pytest.mark.parametrize(
    ("parameters", "X", "message"),
    [
        ({"n_neighbors": 0}, [[1]], "at least 1"),
        ({"radius": -1}, [[1]], "at least 0 bits"),
        ({}, [[0.5]], "packed=False"),
        ({}, [[256]], "0 to 255, not 256"),
        ({}, [[-1]], "Negative values"),
        ({}, np.zeros((2, 513), np.uint8), "at most 512 bytes"),
        ({"packed": False}, np.zeros((2, 4097)), "at most 4096 bits"),
        ({"packed": False}, [[float("nan")]], "NaN"),
    ],
)
def test_wrong_arguments_of_neighbours(parameters: dict[str, Any], X: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HammingNeighbors(**parameters).fit(X)


def test_wrong_questions() -> None:
    fitted = HammingNeighbors(3).fit(random_codes(3, 8))
    with pytest.raises(UsageError, match="n_neighbors <= 2"):
        fitted.kneighbors()
    with pytest.raises(UsageError, match="n_neighbors <= 3"):
        fitted.kneighbors(random_codes(1, 8), 4)
    with pytest.raises(UsageError, match="needs a radius"):
        fitted.radius_neighbors()
    with pytest.raises(UsageError, match="'ones'"):
        fitted.kneighbors_graph(mode="ones")


@given(widths=st.integers(1, 3), parts=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_codes_that_come_in_parts(widths: int, parts: list[int]) -> None:
    codes = random_codes(sum(parts), 8 * widths, 3)
    grown = HammingNeighbors(1)
    for part in np.split(codes, np.cumsum(parts)[:-1]):
        assert grown.partial_fit(part) is grown
        grown.kneighbors(codes)  # what is kept for a search is made anew
    whole = HammingNeighbors(1).fit(codes)
    assert grown.n_samples_fit_ == whole.n_samples_fit_
    for one, other in zip(grown.kneighbors(codes), whole.kneighbors(codes), strict=True):
        assert np.array_equal(one, other)


def test_codes_of_another_width_change_nothing() -> None:
    fitted = HammingNeighbors(2).fit(random_codes(5, 16))
    with pytest.raises(UsageError, match="features"):
        fitted.partial_fit(random_codes(5, 24))
    assert fitted.n_samples_fit_ == 5
    assert fitted.kneighbors(random_codes(1, 16))[0].shape == (1, 2)


@pytest.mark.parametrize(("share", "bits"), [(0.12, 7), (1.0, 64), (np.float32(0.5), 32)])
def test_a_radius_that_may_be_a_share_is_refused(share: float, bits: int) -> None:
    codes = random_codes(5, 64)
    for refused in (
        lambda: HammingNeighbors(radius=share).fit(codes),
        lambda: HammingNeighbors().fit(codes).radius_neighbors(codes, share),
    ):
        with pytest.raises(UsageError, match=f"of 64 bits is radius={bits}$"):
            refused()
    same = HammingNeighbors().fit(codes)
    assert same.radius_neighbors(codes, 1.5)[1][0].tolist() == [0]
    assert same.radius_neighbors(codes, 0.0)[1][0].tolist() == [0]
