"""Real features become codes, packed or not, also in pipelines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline

from lookalike.codes.bits import pack
from lookalike.errors import UsageError
from lookalike.estimators import HammingNeighbors, HashingTransformer

METHODS = ("itq", "pca", "hyperplanes", "sign")


@pytest.mark.parametrize("method", METHODS)
def test_hashing_gives_packed_and_unpacked_codes(method: Any) -> None:
    X = np.random.default_rng(7).normal(size=(100, 12))
    hashing = HashingTransformer(method=method)
    codes = hashing.fit_transform(X)
    assert (codes.shape, codes.dtype, hashing.bits_) == ((100, 2), np.uint8, 12)
    assert list(hashing.get_feature_names_out()) == ["hashingtransformer0", "hashingtransformer1"]
    bits = clone(hashing).set_params(packed=False).fit_transform(X)
    assert bits.shape == (100, 12)
    assert np.array_equal(pack(bits), codes)
    assert np.array_equal(codes, clone(hashing).fit(X).transform(X))


def test_hashing_in_pipelines() -> None:
    rng = np.random.default_rng(8)
    y = np.repeat(np.arange(4), 50)
    X = 3 * rng.normal(size=(4, 20))[y] + rng.normal(size=(200, 20))
    hashing, neighbors = HashingTransformer(bits=16), HammingNeighbors(5)
    make_pipeline(hashing, neighbors).fit(X)
    rows = neighbors.kneighbors(return_distance=False)
    assert (y[rows] == y[:, None]).mean() > 0.9
    classifier = make_pipeline(HashingTransformer(bits=16, packed=False), BernoulliNB())
    assert classifier.fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "magic"}, "'magic'"),
        ({"method": "sign", "bits": 4}, "3 bits here, not 4"),
        ({"method": "pca", "bits": 4}, "at least as many features"),
        ({"bits": 30}, "n_samples = 20"),
        ({"bits": 0}, "at least 1"),
        ({"method": "hyperplanes", "bits": 5000}, "4096"),
    ],
)
def test_wrong_arguments_of_hashing(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        HashingTransformer(**parameters).fit(np.random.default_rng(0).normal(size=(20, 3)))
