"""Codes of local features: the same on every machine, near where descriptors are."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pytest
from photo_like import photo_like, view_of
from scipy.linalg import hadamard

from lookalike.matching.feature_codes import _MEAN, _SIGNS, FEATURE_BITS, feature_codes
from lookalike.matching.features import features_of


def twin(descriptors: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """By the matrix of the transform."""
    planes = hadamard(FEATURE_BITS) * _SIGNS
    sums = (descriptors.astype(np.int64) - _MEAN) @ planes.T
    return np.packbits(sums > 0, axis=1)


@pytest.mark.parametrize("kind", ["random", "zeros", "ones", "none", "many"])
def test_they_are_the_sides_of_planes(kind: str) -> None:
    rng = np.random.default_rng(0)
    descriptors = {
        "random": rng.integers(0, 256, (33, 128), np.uint8),
        "zeros": np.zeros((2, 128), np.uint8),
        "ones": np.full((2, 128), 255, np.uint8),
        "none": np.empty((0, 128), np.uint8),
        "many": rng.integers(0, 256, (5000, 128), np.uint8),
    }[kind]
    codes = feature_codes(descriptors)
    assert codes.shape == (len(descriptors), 2)
    np.testing.assert_array_equal(codes.view(np.uint8).reshape(-1, 16), twin(descriptors))


def test_they_never_change() -> None:
    descriptors = np.arange(1280, dtype=np.int64).reshape(10, 128).astype(np.uint8)
    made = feature_codes(descriptors).tobytes()
    assert hashlib.sha256(made).hexdigest()[:16] == "64d6db813c969291"


def test_bits_tell_the_angle() -> None:
    found = features_of(view_of(photo_like(1)).pixels).descriptors
    other = features_of(view_of(photo_like(2)).pixels).descriptors
    rng = np.random.default_rng(1)
    moved = np.clip(found + rng.integers(-16, 17, found.shape), 0, 255).astype(np.uint8)
    near = np.bitwise_count(feature_codes(found) ^ feature_codes(moved)).sum(axis=1)
    far = np.bitwise_count(feature_codes(found)[:, None] ^ feature_codes(other)).sum(axis=2)
    assert np.median(near) < 15
    assert np.quantile(far, 0.001) > 15
    # Each bit is set about as often as not.
    shares = np.unpackbits(feature_codes(found).view(np.uint8).reshape(-1, 16), axis=1).mean(0)
    assert shares.min() > 0.1
    assert shares.max() < 0.9
