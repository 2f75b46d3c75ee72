"""The plain transform of PDQ equals the compiled one to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st

from lookalike.codes.loading import Loading
from lookalike.encoders import pdq_kernels, pdq_plain, perceptual
from lookalike.encoders.perceptual import PDQ

COSINES = PDQ()._cosines


def compiled(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    plane = np.empty(picture.shape[:2], np.float32)
    pdq_kernels.luma(np.ascontiguousarray(picture).reshape(-1), plane.reshape(-1))
    frequencies = np.zeros((16, 16), np.float32)
    quality = pdq_kernels.low_frequencies(plane.copy(), COSINES, frequencies)
    return plane, frequencies, quality


def check(*pictures: np.ndarray) -> None:
    """Pictures of one size, transformed together and one by one."""
    planes = np.stack([pdq_plain.luma(picture) for picture in pictures])
    kept = planes.copy()
    frequencies, quality = pdq_plain.low_frequencies(planes, COSINES)
    np.testing.assert_array_equal(planes, kept)
    for number, picture in enumerate(pictures):
        expected = compiled(picture)
        # Compared as integers: bits, not numbers.
        for found, right in zip((kept[number], frequencies[number]), expected[:2], strict=True):
            np.testing.assert_array_equal(found.view(np.uint32), right.view(np.uint32))
        assert quality[number] == expected[2]


def test_photographs() -> None:
    astronaut, chelsea, rocket = (
        skimage.data.astronaut(),
        skimage.data.chelsea(),
        skimage.data.rocket(),
    )
    check(astronaut, astronaut[::-1], astronaut[:, ::-1])
    check(chelsea)
    check(rocket)
    check(chelsea[:64, :64])
    check(chelsea[:129, :128])
    check(chelsea[10:17, 20:400])
    check(chelsea[::2, 1::3])


@pytest.mark.parametrize("value", [0, 1, 127, 255])
def test_flat_pictures(value: int) -> None:
    check(np.full((512, 512, 3), value, np.uint8))
    check(np.full((5, 300, 3), value, np.uint8))


@given(
    height=st.one_of(st.integers(5, 140), st.sampled_from([64, 128, 129, 511, 512, 640])),
    width=st.one_of(st.integers(5, 140), st.sampled_from([64, 128, 129, 511, 512, 640])),
    most=st.sampled_from([1, 2, 255]),
    count=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_noise_of_any_size(height: int, width: int, most: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    check(*rng.integers(0, most, (count, height, width, 3), np.uint8, endpoint=True))


def test_all_brightnesses() -> None:
    channel = np.arange(256, dtype=np.uint8)
    red, green, blue = np.meshgrid(channel[::5], channel[::3], channel, indexing="ij")
    colours = np.stack([red, green, blue], axis=-1).reshape(-1, 256, 3)
    np.testing.assert_array_equal(pdq_plain.luma(colours), compiled(colours)[0])


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (4, 512), (5, 5), (300, 451)])
def test_the_encoder_gives_the_same_either_way(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (*shape, 3), np.uint8)
    pdq = PDQ()

    def answers() -> list[object]:
        codes, quality = pdq.turned(picture)
        flat, flat_quality = pdq.dihedral(picture)
        encoded = pdq.encode([picture, picture[:, ::-1]])
        assert encoded.quality is not None
        rows = [codes, flat, encoded.codes, encoded.quality]
        return [quality, flat_quality, *(row.tolist() for row in rows)]

    monkeypatch.setattr(perceptual, "_KERNELS", Loading(lambda: None, after=10**9))
    plain = answers()
    loaded = Loading(lambda: pdq_kernels, after=0)
    loaded.now()
    monkeypatch.setattr(perceptual, "_KERNELS", loaded)
    monkeypatch.setattr(pdq_plain, "low_frequencies", None)
    assert answers() == plain
