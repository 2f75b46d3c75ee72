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


@pytest.fixture(scope="module")
def others() -> list[Image.Image]:
    found = (skimage.data.astronaut(), skimage.data.coffee(), skimage.data.rocket())
    return [Image.fromarray(pixels) for pixels in found]


SIZES = {
    "half-size": (225, 150),
    "border-20": (491, 340),
    "rotate-90": (300, 451),
    "crop-70": (316, 210),
    "crop-50": (226, 150),
    "crop-30": (135, 90),
    "mirror-crop": (316, 210),
    "quarter-jpeg-10": (112, 75),
}
OF_ANY_SIZE = {"crop-aspect", "collage-4", "meme", "screenshot"}


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
        "crop-50",
        "crop-30",
        "crop-aspect",
        "mirror-crop",
        "collage-4",
        "meme",
        "screenshot",
        "blur",
        "noise",
        "posterise",
        "quarter-jpeg-10",
    ]
    for name, edit in EDITS.items():
        assert edit.name == name
        assert edit.description
        assert "\n" not in edit.description


@pytest.mark.parametrize("name", EDITS)
def test_size_mode_and_change(name: str, picture: Image.Image, others: list[Image.Image]) -> None:
    before = [image.tobytes() for image in (picture, *others)]
    edited = EDITS[name](picture, 1, others)
    assert [image.tobytes() for image in (picture, *others)] == before
    assert edited.mode == "RGB"
    if name not in OF_ANY_SIZE:
        assert edited.size == SIZES.get(name, picture.size)
    if edited.size == picture.size:
        assert (np.asarray(edited) != np.asarray(picture)).any(2).mean() > 0.01


@pytest.mark.parametrize("name", EDITS)
def test_same_seed_same_pixels(name: str, picture: Image.Image, others: list[Image.Image]) -> None:
    once = apply(name, picture, 5, others)
    assert once.tobytes() == EDITS[name](picture, 5, others).tobytes()


DRAWN = "brightness border-20 text crop-aspect mirror-crop collage-4 meme screenshot blur noise"


@pytest.mark.parametrize("name", DRAWN.split())
def test_seeds_differ(name: str, picture: Image.Image, others: list[Image.Image]) -> None:
    results = {apply(name, picture, seed, others).tobytes() for seed in range(5)}
    assert len(results) == 5


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_tiny_pictures(name: str, size: tuple[int, int]) -> None:
    tiny = Image.new("RGB", size, (10, 200, 30))
    for seed in range(4):
        assert min(apply(name, tiny, seed, [tiny] * 3).size) >= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_other_modes(mode: str, picture: Image.Image) -> None:
    converted = picture.convert(mode)
    for name in EDITS:
        assert apply(name, converted, 0, [converted] * 3).mode == "RGB"


def test_metadata_is_left_behind(picture: Image.Image) -> None:
    tagged = picture.copy()
    tagged.info["icc_profile"] = b"profile"
    for name in EDITS:
        assert "icc_profile" not in apply(name, tagged, 0, [tagged] * 3).info
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


def test_crops_are_of_the_middle(picture: Image.Image) -> None:
    pixels = np.asarray(picture)
    assert (np.asarray(apply("crop-70", picture)) == pixels[45:255, 67:383]).all()
    assert (np.asarray(apply("crop-50", picture)) == pixels[75:225, 112:338]).all()
    assert (np.asarray(apply("crop-30", picture)) == pixels[105:195, 158:293]).all()


def found_in(part: np.ndarray, whole: np.ndarray) -> tuple[int, int] | None:
    """Where a part lies in a picture, pixel by pixel."""
    height, width = part.shape[:2]
    rows, columns = whole.shape[0] - height + 1, whole.shape[1] - width + 1
    corner = (whole[:rows, :columns] == part[0, 0]).all(2)
    for top, left in np.argwhere(corner).tolist():
        if (whole[top : top + height, left : left + width] == part).all():
            return top, left
    return None


def test_a_mirrored_crop_lies_anywhere_in_the_mirrored_picture(picture: Image.Image) -> None:
    mirrored = np.asarray(picture)[:, ::-1]
    places = {
        found_in(np.asarray(apply("mirror-crop", picture, seed)), mirrored) for seed in range(6)
    }
    assert None not in places
    assert len(places) == 6


def test_a_stretched_crop_has_another_shape(picture: Image.Image) -> None:
    shape = picture.width / picture.height
    ratios = []
    for seed in range(20):
        edited = apply("crop-aspect", picture, seed)
        assert 0.6 * 0.99 <= edited.width / picture.width <= 0.9 * 1.6 * 1.01
        assert 0.6 * 0.99 <= edited.height / picture.height <= 0.9 * 1.6 * 1.01
        ratios.append(edited.width / edited.height / shape)
    assert min(ratios) < 0.85
    assert max(ratios) > 1.2


def test_a_collage_shows_all_four_pictures() -> None:
    plain = [
        Image.new("RGB", (300 + 40 * i, 200), (60 * i + 10, 255 - 60 * i, 40)) for i in range(4)
    ]
    shapes, corners = set(), set()
    for seed in range(12):
        sheet = np.asarray(apply("collage-4", plain[0], seed, plain[1:]))
        height, width = sheet.shape[:2]
        quarters = [
            tuple(sheet[y, x].tolist())
            for y in (height // 4, 3 * height // 4)
            for x in (width // 4, 3 * width // 4)
        ]
        assert sorted(quarters) == sorted(image.getpixel((0, 0)) for image in plain)
        middle = sheet[height // 2]
        assert (middle == middle[0]).all()  # the gap goes from side to side
        shapes.add(width > height)
        corners.add(quarters.index(plain[0].getpixel((0, 0))))
    assert shapes == {True, False}
    assert len(corners) > 1


def test_a_meme_keeps_the_picture_and_adds_words(picture: Image.Image) -> None:
    pixels = np.asarray(picture)
    grounds = set()
    for seed in range(8):
        edited = np.asarray(apply("meme", picture, seed))
        place = found_in(pixels, edited)
        assert place is not None
        ground = edited[0, 0].tolist()
        grounds.add(tuple(ground))
        top, left = place
        beside = edited[:top] if top > 50 else edited[top + 300 :]
        written = np.abs(beside.astype(int) - ground).max(2) > 128
        assert 0.01 < written.mean() < 0.4
        assert left == (0 if ground == [255, 255, 255] else (edited.shape[1] - 451) // 2)
    assert grounds == {(255, 255, 255), (0, 0, 0)}


def test_a_screenshot_holds_the_picture_and_an_interface(picture: Image.Image) -> None:
    red = Image.new("RGB", picture.size, (255, 0, 0))
    upright, dark = set(), set()
    for seed in range(12):
        shot = np.asarray(apply("screenshot", red, seed), int)
        shown = (np.abs(shot - (255, 0, 0)).max(2) < 8).nonzero()
        height, width = np.ptp(shown[0]) + 1, np.ptp(shown[1]) + 1
        assert abs(width / height - 451 / 300) < 0.02
        assert 0.15 < width * height / (shot.shape[0] * shot.shape[1]) < 0.6
        upright.add(shot.shape[0] > shot.shape[1])
        dark.add(bool(np.median(shot[-30:]) < 128))
    assert upright == {True, False}
    assert dark == {True, False}


def test_blur_takes_edges_and_noise_adds_them(picture: Image.Image) -> None:
    def edges(image: Image.Image) -> float:
        return float(np.abs(np.diff(np.asarray(image.convert("L"), float), axis=1)).mean())

    assert edges(apply("blur", picture)) < 0.6 * edges(picture)
    assert edges(apply("noise", picture)) > 2 * edges(picture)
    grey = Image.new("RGB", (200, 200), (128, 128, 128))
    deviations = [np.asarray(apply("noise", grey, seed), float).std() for seed in range(6)]
    assert 18 < min(deviations) < max(deviations) < 42


def test_posterised_channels_have_few_levels(picture: Image.Image) -> None:
    levels = {
        len(np.unique(np.asarray(apply("posterise", picture, seed))[..., 0])) for seed in range(8)
    }
    assert levels <= {3, 4, 7, 8}
    assert len(levels) == 2


def test_refuses(picture: Image.Image) -> None:
    with pytest.raises(UsageError, match="no edit 'sepia'; there are jpeg-20"):
        apply("sepia", picture)
    with pytest.raises(UsageError, match="not -1"):
        apply("grey", picture, -1)
    with pytest.raises(UsageError, match="collage-4 takes 3 other pictures, not 2"):
        apply("collage-4", picture, 0, [picture, picture])
