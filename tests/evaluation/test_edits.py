"""Each edit does what its name says, the same each time, and to a copy."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from PIL import Image

from lookalike.errors import UsageError
from lookalike.evaluation.edits import EDITS, apply


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.fromarray(skimage.data.chelsea())  # 451 x 300


SIZES = {
    "half-size": (225, 150),
    "border-20": (491, 340),
    "rotate-90": (300, 451),
    "crop-70": (316, 210),
}


def test_the_names() -> None:
    assert list(EDITS) == [
        "jpeg-20",
        "half-size",
        "brightness",
        "border-20",
        "text",
        "grey",
        "mirror",
        "rotate-90",
        "crop-70",
    ]
    for name, edit in EDITS.items():
        assert edit.name == name
        assert edit.description
        assert "\n" not in edit.description


@pytest.mark.parametrize("name", EDITS)
def test_size_mode_and_change(name: str, picture: Image.Image) -> None:
    before = picture.tobytes()
    edited = EDITS[name](picture, seed=1)
    assert picture.tobytes() == before
    assert edited.mode == "RGB"
    assert edited.size == SIZES.get(name, picture.size)
    if edited.size == picture.size:
        assert (np.asarray(edited) != np.asarray(picture)).any(2).mean() > 0.01


@pytest.mark.parametrize("name", EDITS)
def test_same_seed_same_pixels(name: str, picture: Image.Image) -> None:
    assert apply(name, picture, 5).tobytes() == EDITS[name](picture, seed=5).tobytes()


@pytest.mark.parametrize("name", ["brightness", "border-20", "text"])
def test_seeds_differ(name: str, picture: Image.Image) -> None:
    results = {apply(name, picture, seed).tobytes() for seed in range(5)}
    assert len(results) == 5


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_tiny_pictures(name: str, size: tuple[int, int]) -> None:
    edited = apply(name, Image.new("RGB", size, (10, 200, 30)))
    assert min(edited.size) >= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_other_modes(mode: str, picture: Image.Image) -> None:
    for name in EDITS:
        assert apply(name, picture.convert(mode)).mode == "RGB"


def test_metadata_is_left_behind(picture: Image.Image) -> None:
    tagged = picture.copy()
    tagged.info["icc_profile"] = b"profile"
    for name in EDITS:
        assert "icc_profile" not in apply(name, tagged).info
    assert "icc_profile" in tagged.info


def test_jpeg_loses_detail(picture: Image.Image) -> None:
    error = np.abs(np.asarray(apply("jpeg-20", picture), float) - np.asarray(picture)).mean()
    assert 1 < error < 10


def test_brightness_goes_both_ways(picture: Image.Image) -> None:
    means = [np.asarray(apply("brightness", picture, seed)).mean() for seed in range(8)]
    original = np.asarray(picture).mean()
    assert min(means) < 0.75 * original
    assert max(means) > 1.2 * original


def test_border_surrounds_the_picture(picture: Image.Image) -> None:
    edited = np.asarray(apply("border-20", picture))
    assert (edited[20:-20, 20:-20] == np.asarray(picture)).all()
    assert (edited[:20] == edited[0, 0]).all()
    assert (edited[:, -20:] == edited[0, 0]).all()


def test_text_is_a_tenth_of_the_height(picture: Image.Image) -> None:
    for seed in range(5):
        changed = (np.asarray(apply("text", picture, seed)) != np.asarray(picture)).any(2)
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        assert 0.06 < (rows[-1] - rows[0] + 1) / picture.height < 0.15
        assert (columns[-1] - columns[0] + 1) / picture.width > 0.3
        assert 0.01 < changed.mean() < 0.1


def test_grey_has_no_colour(picture: Image.Image) -> None:
    edited = np.asarray(apply("grey", picture))
    assert (edited == edited[:, :, :1]).all()


def test_mirror_and_rotation_lose_nothing(picture: Image.Image) -> None:
    pixels = np.asarray(picture)
    assert (np.asarray(apply("mirror", picture)) == pixels[:, ::-1]).all()
    assert (np.asarray(apply("rotate-90", picture)) == np.rot90(pixels)).all()


def test_crop_is_the_middle(picture: Image.Image) -> None:
    assert (np.asarray(apply("crop-70", picture)) == np.asarray(picture)[45:255, 67:383]).all()


def test_refuses(picture: Image.Image) -> None:
    with pytest.raises(UsageError, match="no edit 'blur'; there are jpeg-20"):
        apply("blur", picture)
    with pytest.raises(UsageError, match="not -1"):
        apply("grey", picture, -1)
