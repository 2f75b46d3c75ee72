"""``encode`` gives pictures the codes that their library would hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import pytest
from PIL import Image

from lookalike.encoders.registry import load
from lookalike.errors import PictureError, PictureFailed, PictureSkipped, UsageError
from lookalike.road import Item, Road, encode
from lookalike.types import Limits


def files(photos: Path) -> list[Path]:
    return sorted(photos.iterdir())


@pytest.mark.parametrize("code", ["pdq", "photo"])
def test_codes_are_those_of_the_road_in_the_order_given(photos: Path, code: str) -> None:
    paths = files(photos)[::-1]
    made = encode(paths, code)
    with Road({"own": load(code)}) as road:
        for row, path in enumerate(paths):
            expected = road.code(path).codes["own"]
            assert np.array_equal(made.codes[row], expected.code)
            if code == "pdq":
                assert made.quality is not None
                assert made.quality[row] == expected.quality
            else:
                assert made.embeddings is not None
                assert np.array_equal(made.embeddings[row], expected.embedding)
    assert made.codes.shape == (len(paths), 32)
    assert (made.embeddings is None, made.quality is None) == (code == "pdq", code != "pdq")


def test_a_picture_may_come_in_any_form(photos: Path) -> None:
    path = photos / "chelsea.jpg"
    expected = encode(path, "pdq").codes
    assert expected.shape == (1, 32)
    assert np.array_equal(encode(str(path), "pdq").codes, expected)
    assert np.array_equal(encode(path.read_bytes(), "pdq").codes, expected)
    assert np.array_equal(encode(Item(path), "pdq").codes, expected)
    with Image.open(path) as picture:
        picture.load()
    for same in (picture, np.asarray(picture), (p for p in [picture])):
        made = encode(same, "pdq").codes
        # A file may be decoded at a half of its size, pixels in memory never are.
        assert np.unpackbits(made ^ expected).sum() <= 8


def test_no_pictures_give_no_rows() -> None:
    assert encode([], "pdq").codes.shape == (0, 32)
    made = encode([])
    assert made.embeddings is not None
    assert (len(made.codes), made.embeddings.shape) == (0, (0, load("photo").embedding_size))


def test_an_encoder_is_taken_as_it_is(photos: Path) -> None:
    path, encoder = photos / "coins.jpg", load("pdq")
    assert np.array_equal(encode(path, encoder).codes, encode(path, "pdq").codes)


def test_a_third_party_model_is_fitted_on_the_pictures(photos: Path, tmp_path: Path) -> None:
    name = f"hub:{hub_models.clip(tmp_path / 'clip')}"
    made = encode(files(photos), name)
    assert np.array_equal(made.codes, encode(files(photos), name).codes)
    assert len(np.unique(made.codes, axis=0)) > 1
    # Codes without a fit are others.
    assert not np.array_equal(made.codes, encode(files(photos), load(name)).codes)


def test_progress_counts_each_picture(photos: Path) -> None:
    counted: list[int] = []
    encode(files(photos), "pdq", progress=counted.append)
    assert sum(counted) == len(files(photos))


@pytest.mark.parametrize(
    ("bad", "kind", "message"),
    [
        ("missing.jpg", PictureFailed, r"missing\.jpg: can't be read"),
        (b"text", PictureSkipped, "picture 1: not a picture"),
        (Item(b"text", name="a.jpg"), PictureSkipped, r"a\.jpg: not a picture"),
    ],
)
def test_the_picture_that_can_not_be_read_is_named(
    photos: Path, bad: Any, kind: type[PictureError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        encode([photos / "coins.jpg", bad], "pdq")


def test_limits_hold(photos: Path) -> None:
    with pytest.raises(PictureSkipped, match=r"chelsea\.jpg"):
        encode(photos / "chelsea.jpg", "pdq", limits=Limits(pixels=100))


@pytest.mark.parametrize(
    ("pictures", "code", "message"),
    [
        (5, "pdq", "int is no picture"),
        (None, "pdq", "NoneType is no picture"),
        ([5], "pdq", "int is no picture"),
        (np.full((8, 8, 3), np.nan), "pdq", "between 0 and 1, not nan"),
        (np.zeros((2, 8, 8, 3), np.uint8), "pdq", "an array of shape"),
        ([], "phto", "did you mean photo"),
        ([], None, "the name of an encoder, or an encoder, not None"),
    ],
)
def test_wrong_arguments_are_refused(pictures: Any, code: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        encode(pictures, code)
