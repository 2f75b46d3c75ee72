"""PDQ against Meta's own program, and at its edges."""

from __future__ import annotations

import platform

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lookalike.codes.bits import check, hamming_pairs
from lookalike.encoders.perceptual import DIHEDRAL, MATCH_DISTANCE, PDQ
from lookalike.errors import UsageError
from lookalike.types import Encoder

pdqhash = pytest.importorskip("pdqhash", reason="the oracle needs a C++ compiler to be installed")

# The oracle computes luma in double and everything else in float32 as this code does; a compiler
# that fuses multiplication and addition (not on x86-64) may flip a bit that is close to the median.
ROUNDING = 0 if platform.machine() in ("x86_64", "AMD64") else 2

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


def photographs() -> list[np.ndarray]:
    coffee, chelsea = skimage.data.coffee(), skimage.data.chelsea()
    return [
        skimage.data.astronaut(),  # 512 x 512
        chelsea,  # 300 x 451
        coffee[:, :512],
        coffee[:383, 7:400],
        skimage.data.rocket()[::2, ::2].copy(),
        skimage.data.rocket(),  # 427 x 640: above the encoder's size, hashed as it is
        chelsea[:64, :64],
        chelsea[:129, :128],
        chelsea[100:150, 100:300],
        chelsea[10:17, 20:400],
        chelsea[:5, :5],
    ]


@pytest.fixture(scope="module")
def pdq() -> PDQ:
    return PDQ(threads=2)


def oracle(pixels: np.ndarray) -> tuple[np.ndarray, int]:
    vector, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return np.packbits(vector.astype(np.uint8)), int(quality)


def test_is_an_encoder(pdq: PDQ) -> None:
    assert isinstance(pdq, Encoder)
    assert (pdq.name, pdq.bits, pdq.embedding_size) == ("pdq", 256, 0)
    assert str(pdq.input.size) in pdq.fingerprint
    assert pdq.input.fit in pdq.fingerprint
    assert pdq.input.resample in pdq.fingerprint


def test_photographs_equal_the_oracle(pdq: PDQ) -> None:
    pictures = photographs()
    encoded = pdq.encode(pictures)
    assert encoded.embeddings is None
    assert encoded.quality is not None
    check(encoded.codes, 256)
    expected = [oracle(picture) for picture in pictures]
    assert encoded.quality.tolist() == [quality for _, quality in expected]
    distances = hamming_pairs(encoded.codes, np.array([code for code, _ in expected]))
    assert distances.max() <= ROUNDING


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 200), st.integers(5, 200), st.integers(0, 2**32 - 1), st.integers(1, 256))
def test_noise_equals_the_oracle(height: int, width: int, seed: int, levels: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, levels, (height, width, 3), dtype=np.uint8)
    encoded = PDQ(threads=1).encode([pixels])
    code, quality = oracle(pixels)
    assert encoded.quality is not None
    assert int(encoded.quality[0]) == quality
    assert hamming_pairs(encoded.codes, code[None])[0] <= ROUNDING


def test_dihedral_equals_the_oracle(pdq: PDQ) -> None:
    for picture in photographs():
        if picture.shape[:2] == (64, 64):
            continue  # the oracle filters these by a window of one pixel here and not in `compute`
        codes, quality = pdq.dihedral(picture)
        vectors, expected = pdqhash.compute_dihedral(np.ascontiguousarray(picture))
        assert quality == expected
        distances = hamming_pairs(codes, np.packbits(np.array(vectors, np.uint8), axis=1))
        assert distances.max() <= ROUNDING


def test_turned_is_exact(pdq: PDQ) -> None:
    swap_sides = {1, 3, 6, 7}
    for picture in photographs():
        codes, quality = pdq.turned(picture)
        assert len(codes) == len(DIHEDRAL) == len(TRANSPOSES)
        assert quality == oracle(picture)[1]
        image = Image.fromarray(picture)
        turned = [image if t is None else image.transpose(t) for t in TRANSPOSES]
        expected = pdq.encode([np.asarray(image) for image in turned]).codes
        for row, distance in enumerate(hamming_pairs(codes, expected)):
            assert distance <= (2 if row in swap_sides else 0)


def test_dihedral_estimates_turned(pdq: PDQ) -> None:
    for picture in photographs()[:3]:
        exact, _ = pdq.turned(picture)
        estimated, _ = pdq.dihedral(picture)
        assert hamming_pairs(exact, estimated).max() < 64  # unrelated pictures: about 128
        assert (exact[0] == estimated[0]).all()


def test_hex_is_that_of_threat_exchange(pdq: PDQ) -> None:
    # The last hexadecimal digit holds the four lowest frequencies of the first row.
    code = pdq.encode([skimage.data.astronaut()]).codes[0]
    vector, _ = pdqhash.compute(skimage.data.astronaut())
    number = int("".join(str(bit) for bit in vector), 2)
    assert code.tobytes().hex() == f"{number:064x}"


def test_half_of_the_bits_are_set(pdq: PDQ) -> None:
    assert np.unpackbits(pdq.encode([skimage.data.astronaut()]).codes).sum() == 128


def test_edits_stay_close(pdq: PDQ) -> None:
    picture = skimage.data.astronaut()
    brighter = np.clip(picture.astype(int) + 20, 0, 255).astype(np.uint8)
    codes = pdq.encode([picture, brighter, skimage.data.coffee()[:, :512]]).codes
    assert hamming_pairs(codes[:1], codes[1:2])[0] <= MATCH_DISTANCE
    assert hamming_pairs(codes[:1], codes[2:3])[0] > 2 * MATCH_DISTANCE


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 500, 3), (500, 4, 3)])
def test_too_small_pictures_have_no_code(pdq: PDQ, shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    encoded = pdq.encode([pixels])
    assert encoded.quality is not None
    assert encoded.quality.tolist() == [0]
    assert not encoded.codes.any()
    for codes, quality in (pdq.dihedral(pixels), pdq.turned(pixels)):
        assert codes.shape == (8, 32)
        assert not codes.any()
        assert quality == 0


@pytest.mark.parametrize("level", [0, 1, 127, 255])
def test_flat_pictures_have_no_quality(pdq: PDQ, level: int) -> None:
    pixels = np.full((200, 300, 3), level, dtype=np.uint8)
    encoded = pdq.encode([pixels])
    assert encoded.quality is not None
    assert encoded.quality.tolist() == [0]
    assert (encoded.codes[0] == oracle(pixels)[0]).all() or ROUNDING


def test_batches_on_threads_equal_single_pictures(pdq: PDQ) -> None:
    pictures = photographs() * 3
    together = pdq.encode(pictures)
    assert together.quality is not None
    for row, picture in enumerate(pictures):
        alone = PDQ(threads=1).encode([picture])
        assert alone.quality is not None
        assert (alone.codes[0] == together.codes[row]).all()
        assert alone.quality[0] == together.quality[row]


def test_no_pictures(pdq: PDQ) -> None:
    encoded = pdq.encode([])
    assert encoded.codes.shape == (0, 32)
    assert encoded.quality is not None
    assert encoded.quality.shape == (0,)


def test_layout_in_memory_does_not_matter(pdq: PDQ) -> None:
    picture = skimage.data.chelsea()
    read_only = picture.copy()
    read_only.flags.writeable = False
    others = [np.asfortranarray(picture), read_only, np.dstack([picture, picture])[:, :, :3]]
    codes = pdq.encode([picture, *others]).codes
    assert (codes == codes[0]).all()


WRONG = [
    (np.zeros((8, 8), np.uint8), r"not uint8 \(8, 8\)"),
    (np.zeros((8, 8, 4), np.uint8), r"not uint8 \(8, 8, 4\)"),
    (np.zeros((8, 8, 3), np.float32), "not float32"),
    (np.zeros((0, 8, 3), np.uint8), r"\(0, 8, 3\)"),
    ([[1]], "not list"),
]


@pytest.mark.parametrize(("picture", "message"), WRONG)
def test_refuses(pdq: PDQ, picture: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        pdq.encode([picture])
    with pytest.raises(UsageError, match=message):
        pdq.turned(picture)


def test_refuses_no_threads() -> None:
    with pytest.raises(UsageError, match="not 0"):
        PDQ(threads=0)
