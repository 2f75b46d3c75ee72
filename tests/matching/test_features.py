"""Local features, and their form in a file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_like import photo_like, view_of

from lookalike.errors import UsageError
from lookalike.matching.features import (
    MIRRORED,
    MOST_FEATURES,
    Features,
    features_of,
    from_bytes,
    mirrored_points,
    to_bytes,
)


@pytest.fixture(scope="module")
def found() -> Features:
    return features_of(view_of(photo_like(1)).pixels)


def test_they_are_many_and_all_over_the_picture(found: Features) -> None:
    assert 100 < len(found.points) <= MOST_FEATURES
    cells = np.floor(found.points[:, :2] / 64).astype(int)
    assert len(np.unique(cells, axis=0)) >= 10  # of 4 x 3


def test_the_same_pixels_have_the_same_ones(found: Features) -> None:
    again = features_of(view_of(photo_like(1)).pixels)
    np.testing.assert_array_equal(found.points, again.points)
    np.testing.assert_array_equal(found.descriptors, again.descriptors)


def test_they_come_back_from_a_file_as_they_are(found: Features) -> None:
    data = to_bytes(found)
    assert len(data) <= 20_000
    again = from_bytes(data)
    np.testing.assert_array_equal(found.points, again.points)
    np.testing.assert_array_equal(found.descriptors, again.descriptors)


def test_those_of_a_mirror_image_need_no_mirror_image(found: Features) -> None:
    pixels = view_of(photo_like(1)).pixels
    known = Features(mirrored_points(found.points, pixels.shape[1]), found.descriptors[:, MIRRORED])
    seen = features_of(np.ascontiguousarray(pixels[:, ::-1]))
    off = np.linalg.norm(known.points[:, None, :2] - seen.points[None, :, :2], axis=2)
    nearest = off.argmin(axis=1)
    near = off.min(axis=1) < 0.5
    assert near.mean() > 0.75  # a few more or less are kept of each cell
    known = Features(known.points[near], known.descriptors[near])
    nearest = nearest[near]
    a = known.descriptors.astype(np.float64)
    b = seen.descriptors[nearest].astype(np.float64)
    cosines = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert np.median(cosines) > 0.98
    wrong = found.descriptors[near].astype(np.float64)
    others = (wrong * b).sum(axis=1) / np.linalg.norm(wrong, axis=1) / np.linalg.norm(b, axis=1)
    assert np.median(others) < 0.9


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (256, 256)])
def test_what_is_flat_or_tiny_has_none(shape: tuple[int, int]) -> None:
    none = features_of(np.full((*shape, 3), 90, np.uint8))
    assert none.points.shape == (0, 4)
    assert none.descriptors.shape == (0, 128)
    assert len(from_bytes(to_bytes(none)).points) == 0


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damage_is_found(data: st.DataObject) -> None:
    whole = to_bytes(_small())
    at = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(1, 255))
    broken = bytearray(whole)
    broken[at] ^= change
    cut = data.draw(st.integers(0, len(whole) - 1))
    for bad in (bytes(broken), whole[:cut], whole + b"\0"):
        with pytest.raises(UsageError, match="make them anew"):
            from_bytes(bad)


@given(st.binary(max_size=300))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        from_bytes(data)


def _small() -> Features:
    generator = np.random.default_rng(0)
    points = generator.uniform(1, 200, (3, 4)).astype(np.float32)
    return Features(points, generator.integers(0, 120, (3, 128)).astype(np.uint8))
