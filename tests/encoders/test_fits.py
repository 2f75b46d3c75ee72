"""The fit: codes and embeddings of vectors that lie in a narrow cone, as those of models do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.encoders.fits import ENOUGH, Fit, fit_features, packed, unpacked
from lookalike.errors import ModelError, UsageError

Floats = npt.NDArray[np.float32]


def cone(n: int, d: int = 64, *, seed: int = 0, heavy: float = 1.0) -> Floats:
    """Unit vectors around one direction; a few features vary ``heavy`` times as much."""
    rng = np.random.default_rng(seed)
    middle = np.random.default_rng(99).normal(size=d)
    values = middle * 1.5 + rng.normal(size=(n, d)) * np.where(np.arange(d) < 2, heavy, 1.0)
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def cosine(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    norms = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)
    made: npt.NDArray[np.floating] = a @ b.T / norms
    return made


@pytest.mark.parametrize("n", [0, 1, 2, 31, 127, 128, 1000])
@pytest.mark.parametrize("d", [3, 64, 300])
def test_any_number_of_pictures_will_do(n: int, d: int) -> None:
    fit = fit_features(cone(n, d))
    assert (fit.size, fit.bits, fit.pictures) == (d, min(d, 256), n)
    assert fit.method == ("itq" if n >= 2 * fit.bits else "hyperplanes")
    made = fit.encode(cone(5, d, seed=1))
    assert made.embeddings is not None
    assert (made.codes.shape, made.codes.dtype) == ((5, (fit.bits + 7) // 8), np.uint8)
    assert (made.embeddings.shape, made.embeddings.dtype) == ((5, d), np.int8)


def test_the_same_pictures_give_the_same_fit() -> None:
    one, other = fit_features(cone(300)), fit_features(cone(300))
    assert one.scale == other.scale
    np.testing.assert_array_equal(one.binarizer.projection, other.binarizer.projection)
    assert (fit_features(cone(300, seed=1)).binarizer.mean != one.binarizer.mean).any()


def test_bits_are_balanced_though_the_vectors_are_not() -> None:
    vectors, fresh = cone(2000), cone(500, seed=1)
    assert (vectors @ vectors[0]).mean() > 0.6  # a cone indeed
    for n in (64, 2000):
        bits = np.unpackbits(fit_features(vectors[:n]).encode(fresh).codes, axis=1).mean(0)
        assert bits.min() > 0.25
        assert bits.max() < 0.75
    none = np.unpackbits(fit_features(vectors[:0]).encode(fresh).codes, axis=1).mean(0)
    assert (np.minimum(none, 1 - none) < 0.1).mean() > 0.1  # without centring they aren't


def test_codes_keep_the_neighbours_of_the_centred_vectors() -> None:
    vectors = cone(1500)
    fit = fit_features(vectors)
    near = vectors[:200] + 0.02 * np.random.default_rng(1).normal(size=(200, 64))
    near = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    database, queries = fit.encode(vectors).codes, fit.encode(near).codes
    distances = np.bitwise_count(queries[:, None] ^ database).sum(2)
    assert (distances.argmin(1) == np.arange(200)).mean() > 0.95


@pytest.mark.parametrize(("n", "heavy"), [(0, 1), (0, 6), (1, 1), (16, 1), (16, 6), (1000, 6)])
def test_a_raw_cosine_can_be_had_from_the_embeddings(n: int, heavy: float) -> None:
    fit = fit_features(cone(n, heavy=heavy))
    pictures, texts = cone(400, seed=1, heavy=heavy), cone(20, seed=2)
    embeddings = fit.encode(pictures).embeddings
    assert embeddings is not None
    for text in texts:
        weights, constant = fit.query(text)
        found = embeddings.astype(np.float32) @ weights + constant
        np.testing.assert_allclose(found, pictures @ text, atol=0.02)
    restored = cosine(fit.restored(embeddings), pictures).diagonal()
    np.testing.assert_allclose(restored, 1, atol=2e-3)


def test_the_cosine_of_embeddings_is_that_of_centred_features() -> None:
    vectors = cone(1000)
    fit = fit_features(vectors)
    embeddings = fit.encode(vectors[:100]).embeddings
    assert embeddings is not None
    centred = vectors[:100] - vectors.mean(0)
    found = cosine(embeddings.astype(np.float64), embeddings.astype(np.float64))
    np.testing.assert_allclose(found, cosine(centred, centred), atol=0.02)


def test_equal_pictures_stay_equal_and_a_single_one_something() -> None:
    for n in (1, 2, 5):
        vectors = np.repeat(cone(1), n, axis=0)
        made = fit_features(vectors).encode(vectors)
        assert made.embeddings is not None
        assert np.abs(made.embeddings).max() > 10
        np.testing.assert_array_equal(made.embeddings, np.repeat(made.embeddings[:1], n, axis=0))


def test_codes_do_not_depend_on_company() -> None:
    vectors = cone(300, 300)
    fit = fit_features(vectors)
    together = fit.encode(vectors).codes
    alone = np.concatenate([fit.encode(row[None]).codes for row in vectors])
    np.testing.assert_array_equal(together, alone)


def test_a_fit_survives_being_stored() -> None:
    fit = fit_features(cone(200), drawn_from=999)
    back = Fit.of(fit.told(), unpacked(packed(fit.arrays())))
    assert (back.pictures, back.drawn_from, back.method) == (200, 999, "itq")
    one, other = fit.encode(cone(50, seed=3)), back.encode(cone(50, seed=3))
    np.testing.assert_array_equal(one.codes, other.codes)
    assert one.embeddings is not None
    np.testing.assert_array_equal(one.embeddings, other.embeddings)


def test_damaged_fits_are_refused() -> None:
    fit = fit_features(cone(10))
    data = packed(fit.arrays())
    for damaged in (b"", data[:50], b"x" * 100):
        with pytest.raises(ModelError, match="damaged"):
            unpacked(damaged)
    with pytest.raises(ModelError, match="damaged"):
        Fit.of(fit.told(), {"mean": np.zeros(3)})
    with pytest.raises(ModelError, match="damaged"):
        Fit.of({}, fit.arrays())
    with pytest.raises(ModelError, match="scale"):
        Fit.of({**fit.told(), "scale": 0}, fit.arrays())


def test_other_shapes_are_refused() -> None:
    with pytest.raises(UsageError, match="shape"):
        fit_features(np.zeros(3, np.float32))
    with pytest.raises(UsageError, match="shape"):
        fit_features(np.zeros((3, 0), np.float32))
    with pytest.raises(ModelError, match="can't be compared"):
        fit_features(cone(3)).query(np.zeros(5, np.float32))
    assert ENOUGH >= 2 * 256  # a fit that stays is by iterative quantization
