"""PDQ from area means: the same code whatever the size, exact turns, the limits of its quality."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.codes.bits import check, hamming_pairs
from lookalike.codes.loading import Loading
from lookalike.encoders import pdq_area, pdq_area_kernels, pdq_area_plain
from lookalike.encoders.pdq_area import PDQArea
from lookalike.encoders.perceptual import PDQ
from lookalike.encoders.perceptual_hash import DIHEDRAL
from lookalike.errors import UsageError
from lookalike.images.fitting import fit
from lookalike.types import Encoder

# Pillow's names for the rows of DIHEDRAL.
TRANSPOSES = [
    None,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.TRANSPOSE,
    Image.Transpose.TRANSVERSE,
]

side = st.one_of(st.integers(1, 140), st.sampled_from([64, 128, 129, 511, 512, 640]))


def photographs() -> list[np.ndarray]:
    chelsea = skimage.data.chelsea()
    return [
        skimage.data.astronaut(),
        chelsea,
        skimage.data.coffee()[:383, 7:400],
        skimage.data.rocket(),  # 427 x 640: above the encoder's size, hashed as it is
        chelsea[:64, :64],
        chelsea[100:150, 100:300],
        chelsea[10:17, 20:400],
        chelsea[:5, :5],
    ]


def copy_of(pixels: np.ndarray, size: int, resample: Image.Resampling) -> np.ndarray:
    image = Image.fromarray(pixels)
    width, height = (max(1, round(s * size / max(image.size))) for s in image.size)
    return np.asarray(image.resize((width, height), resample))


def shares(size: int) -> np.ndarray:
    """How much of each pixel lies in each of 64 cells, in 1/64 of a pixel: (64, size)."""
    found = np.zeros((64, size), np.int64)
    for cell in range(64):
        for pixel in range(size):
            first = max(Fraction(cell * size, 64), Fraction(pixel))
            last = min(Fraction((cell + 1) * size, 64), Fraction(pixel + 1))
            found[cell, pixel] = max(0, int(64 * (last - first)))
    return found


def compiled(picture: np.ndarray) -> np.ndarray:
    cells = np.full((64, 64), -1, np.int64)
    flat = np.ascontiguousarray(picture).reshape(-1)
    pdq_area_kernels.area_sums(flat, *picture.shape[:2], cells)
    return cells


@pytest.fixture(scope="module")
def encoder() -> PDQArea:
    return PDQArea(threads=2)


def test_is_an_encoder(encoder: PDQArea) -> None:
    assert isinstance(encoder, Encoder)
    assert (encoder.name, encoder.bits, encoder.embedding_size) == ("pdq-area", 256, 0)
    assert encoder.fingerprint != PDQ().fingerprint
    assert encoder.input == PDQ.input  # one decoded picture serves both


@pytest.mark.parametrize("shape", [(1, 1), (3, 70), (64, 64), (65, 63), (127, 130), (200, 31)])
def test_sums_are_those_of_the_cells(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    brightness = picture.astype(np.int64) @ np.array([299, 587, 114])
    expected = shares(shape[0]) @ brightness @ shares(shape[1]).T
    np.testing.assert_array_equal(pdq_area_plain.area_sums(picture), expected)
    np.testing.assert_array_equal(compiled(picture), expected)


@given(
    height=side,
    width=side,
    least=st.sampled_from([0, 254, 255]),
    seed=st.integers(0, 1000),
)
def test_plain_equals_compiled(height: int, width: int, least: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(least, 255, (height, width, 3), np.uint8, endpoint=True)
    np.testing.assert_array_equal(pdq_area_plain.area_sums(picture), compiled(picture))


@pytest.mark.parametrize("shape", [(1, 1), (4, 512), (5, 5), (300, 451)])
def test_the_encoder_gives_the_same_either_way(
    shape: tuple[int, int], encoder: PDQArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (*shape, 3), np.uint8)

    def answers() -> list[object]:
        codes, quality = encoder.turned(picture)
        encoded = encoder.encode([picture, picture[:, ::-1]])
        assert encoded.quality is not None
        return [quality, codes.tolist(), encoded.codes.tolist(), encoded.quality.tolist()]

    monkeypatch.setattr(pdq_area, "_KERNELS", Loading(lambda: None, after=10**9))
    plain = answers()
    loaded = Loading(lambda: pdq_area_kernels, after=0)
    loaded.now()
    monkeypatch.setattr(pdq_area, "_KERNELS", loaded)
    monkeypatch.setattr(pdq_area_plain, "area_sums", None)
    assert answers() == plain


@pytest.mark.parametrize("resample", [Image.Resampling.LANCZOS, Image.Resampling.BILINEAR])
@pytest.mark.parametrize("size", [96, 127, 128, 160, 224, 320, 500])
def test_copies_of_any_size_are_near(
    encoder: PDQArea, size: int, resample: Image.Resampling
) -> None:
    for picture in photographs()[:4]:
        copies = [picture, copy_of(picture, size, resample)]
        codes = encoder.encode(copies).codes
        assert hamming_pairs(codes[:1], codes[1:])[0] <= 10


def test_what_is_finer_than_the_cells_does_not_matter(encoder: PDQArea) -> None:
    """A grid of lines over a picture, which a small copy can't hold."""
    picture = skimage.data.astronaut().copy()
    picture[::7] //= 2
    small = copy_of(picture, 96, Image.Resampling.LANCZOS)
    codes = encoder.encode([picture, small]).codes
    assert hamming_pairs(codes[:1], codes[1:])[0] <= 10


def test_enlarging_by_whole_pixels_changes_nothing(encoder: PDQArea) -> None:
    for picture in photographs():
        larger = picture.repeat(3, axis=0).repeat(2, axis=1)
        codes = encoder.encode([picture, larger]).codes
        np.testing.assert_array_equal(codes[0], codes[1])


@pytest.mark.parametrize("loading", ["plain", "compiled"])
def test_turned_is_exact(encoder: PDQArea, loading: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = None if loading == "plain" else pdq_area_kernels
    made = Loading(lambda: kernels, after=0)
    made.now()
    monkeypatch.setattr(pdq_area, "_KERNELS", made)
    for picture in photographs():
        codes, quality = encoder.turned(picture)
        assert len(codes) == len(DIHEDRAL) == len(TRANSPOSES)
        image = Image.fromarray(picture)
        turned = [image if t is None else image.transpose(t) for t in TRANSPOSES]
        expected = encoder.encode([np.asarray(image) for image in turned])
        np.testing.assert_array_equal(codes, expected.codes)
        assert expected.quality is not None
        assert expected.quality.tolist() == [quality] * 8


def test_pictures_that_mirror_themselves_have_exact_turns(encoder: PDQArea) -> None:
    """Half of their frequencies are exactly 0, and no rounding decides about a bit."""
    half = skimage.data.chelsea()[:200, :150]
    picture = np.concatenate([half, half[:, ::-1]], axis=1)
    codes, _ = encoder.turned(picture)
    np.testing.assert_array_equal(codes[0], codes[DIHEDRAL.index("flip-left-right")])


def test_it_is_near_pdq_where_pdq_filters_nothing() -> None:
    """Of 64 x 64 pixels both take the pixels themselves."""
    rng = np.random.default_rng(5)
    smooth = [
        np.asarray(Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).resize((64, 64)))
        for _ in range(8)
    ]
    pictures = [skimage.data.astronaut()[:64, :64], skimage.data.chelsea()[:64, :64], *smooth]
    ours, pdq = PDQArea().encode(pictures), PDQ().encode(pictures)
    assert hamming_pairs(ours.codes, pdq.codes).max() <= 2
    assert ours.quality is not None
    assert pdq.quality is not None
    assert np.abs(ours.quality.astype(int) - pdq.quality).max() <= 1


def test_edits_stay_near(encoder: PDQArea) -> None:
    picture = skimage.data.astronaut()
    brighter = np.clip(picture.astype(int) + 20, 0, 255).astype(np.uint8)
    codes = encoder.encode([picture, brighter, skimage.data.coffee()[:, :512]]).codes
    check(codes, 256)
    assert hamming_pairs(codes[:1], codes[1:2])[0] <= encoder.limits.edited
    assert hamming_pairs(codes[:1], codes[2:3])[0] > encoder.limits.near


def test_half_of_the_bits_are_set(encoder: PDQArea) -> None:
    assert np.unpackbits(encoder.encode([skimage.data.astronaut()]).codes).sum() == 128


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 500, 3), (500, 4, 3)])
def test_too_small_pictures_have_no_code(encoder: PDQArea, shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    encoded = encoder.encode([pixels])
    assert encoded.quality is not None
    assert encoded.quality.tolist() == [0]
    assert not encoded.codes.any()
    codes, quality = encoder.turned(pixels)
    assert (codes.shape, codes.any(), quality) == ((8, 32), False, 0)


@pytest.mark.parametrize("level", [0, 1, 127, 255])
def test_flat_pictures_have_no_quality(encoder: PDQArea, level: int) -> None:
    pixels = np.full((200, 300, 3), level, dtype=np.uint8)
    encoded = encoder.encode([pixels])
    assert encoded.quality is not None
    assert encoded.quality.tolist() == [0]
    assert not encoded.codes.any()


def test_nearly_flat_pictures_are_not_trusted(encoder: PDQArea) -> None:
    """A sky with the blocks of a JPEG, a wall with grain, a slow gradient; a pale photograph is."""
    rng = np.random.default_rng(3)
    down, across = np.mgrid[0:300, 0:400] / 300
    grain = rng.normal(0, 3, (300, 400))
    plain = [120 + 60 * down, 90 + grain, 60 + 120 * across * down + grain]
    pictures = [np.repeat(np.clip(p, 0, 255).astype(np.uint8)[..., None], 3, 2) for p in plain]
    photo = skimage.data.chelsea()
    pale = (192 + photo // 4).astype(np.uint8)
    encoded = encoder.encode([*pictures, photo, pale])
    assert encoded.quality is not None
    usable = (encoded.quality >= encoder.limits.quality).tolist()
    assert usable == [False, False, False, True, True]


def test_batches_on_threads_equal_single_pictures(encoder: PDQArea) -> None:
    pictures = photographs() * 3
    together = encoder.encode(pictures)
    assert together.quality is not None
    for row, picture in enumerate(pictures):
        alone = PDQArea(threads=1).encode([picture])
        assert alone.quality is not None
        assert (alone.codes[0] == together.codes[row]).all()
        assert alone.quality[0] == together.quality[row]


def test_no_pictures(encoder: PDQArea) -> None:
    encoded = encoder.encode([])
    assert encoded.codes.shape == (0, 32)
    assert encoded.quality is not None
    assert encoded.quality.shape == (0,)


def test_layout_in_memory_does_not_matter(encoder: PDQArea) -> None:
    picture = skimage.data.chelsea()
    read_only = picture.copy()
    read_only.flags.writeable = False
    others = [np.asfortranarray(picture), read_only, np.dstack([picture, picture])[:, :, :3]]
    codes = encoder.encode([picture, *others]).codes
    assert (codes == codes[0]).all()
    many = encoder.encode([picture, *others] * 3).codes
    assert (many == codes[0]).all()


def test_a_large_picture_is_near_its_input(encoder: PDQArea) -> None:
    large = np.asarray(Image.fromarray(skimage.data.astronaut()).resize((3000, 2000)))
    small = np.asarray(fit(Image.fromarray(large), encoder.input))
    codes = encoder.encode([large, small]).codes
    assert hamming_pairs(codes[:1], codes[1:])[0] <= 4


@pytest.mark.parametrize("picture", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32)])
def test_refuses(encoder: PDQArea, picture: np.ndarray) -> None:
    for ask in (lambda: encoder.encode([picture]), lambda: encoder.turned(picture)):
        with pytest.raises(UsageError, match=r"pdq-area takes RGB pictures, uint8"):
            ask()
