"""The second look at a pair."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from photo_like import photo_like, saved, view_of
from PIL import Image, ImageDraw, ImageFont, ImageOps

from lookalike.evaluation.edits import EDITS
from lookalike.matching.look import look
from lookalike.matching.prepared import prepare
from lookalike.matching.verdict import Verdict
from lookalike.matching.view import View
from lookalike.types import Part

ORIGINAL = photo_like(1)
OTHERS = [photo_like(seed) for seed in (2, 3, 4)]
PARTS = {"crop-70", "crop-50", "crop-30", "crop-aspect", "mirror-crop", "collage-4"}


def both_ways(one: Image.Image, other: Image.Image) -> Verdict:
    """What the one is to the other, after checking that it's the same the other way round."""
    a, b = view_of(one), view_of(other)
    there, back = look(a, b), look(b, a)
    assert there.kind == back.kind
    assert there.agreement == back.agreement
    assert there.boxes == back.swapped().boxes
    if there.transform is not None:
        again = back.swapped().transform
        assert again is not None
        assert np.abs(there.transform - again).max() < 1e-9
    return there


def overlap(a: Part, b: Part) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("seed", [0, 1])
def test_an_edited_copy_is_told(name: str, seed: int) -> None:
    edit = EDITS[name]
    copy = edit(ORIGINAL, seed, OTHERS[: edit.others])
    assert both_ways(copy, ORIGINAL).kind == ("part" if name in PARTS else "edited")


@pytest.mark.parametrize(
    "change",
    [
        lambda image: ImageOps.invert(ImageOps.flip(ImageOps.invert(image))),
        lambda image: image.transpose(Image.Transpose.TRANSVERSE),
        lambda image: image.resize((500, 250)),
        lambda image: saved(image.crop((4, 3, 356, 267)), 60),
        lambda image: ImageOps.expand(ImageOps.grayscale(image).convert("RGB"), 40, "white"),
        lambda image: ImageOps.expand(image, (0, 60), "black"),
    ],
    ids=["flip", "transverse", "stretch", "trimmed", "grey-border", "letterbox"],
)
def test_other_edits_are_told(change: Callable[[Image.Image], Image.Image]) -> None:
    assert both_ways(change(ORIGINAL), ORIGINAL).kind == "edited"


def test_two_edits_of_one_picture_are_told() -> None:
    one = ImageOps.expand(ORIGINAL, 30, "white")
    other = EDITS["screenshot"](ORIGINAL, 3)
    assert both_ways(one, other).kind == "edited"


@pytest.mark.parametrize(
    "box", [(0, 0, 200, 150), (100, 60, 300, 250), (200, 90, 360, 270), (30, 100, 330, 190)]
)
def test_the_box_of_a_crop(box: tuple[int, int, int, int]) -> None:
    found = both_ways(ORIGINAL.crop(box), ORIGINAL)
    assert found.kind == "part"
    (only,) = found.boxes
    assert only.of == "hit"
    truth = (box[0] / 360, box[1] / 270, box[2] / 360, box[3] / 270)
    assert overlap(only.at, truth) > 0.95
    assert found.transform is not None
    corners = found.transform @ np.array([(0, 1), (0, 1), (1, 1)], np.float64)
    np.testing.assert_allclose(corners.T.ravel(), truth, atol=0.01)


def test_an_overlap_has_two_boxes() -> None:
    left, right = ORIGINAL.crop((0, 0, 240, 270)), ORIGINAL.crop((120, 0, 360, 270))
    found = both_ways(left, right)
    assert found.kind == "part"
    at = {box.of: box.at for box in found.boxes}
    assert overlap(at["query"], (0.5, 0, 1, 1)) > 0.95
    assert overlap(at["hit"], (0, 0, 0.5, 1)) > 0.95


def test_other_pictures_are_alike() -> None:
    for other in OTHERS:
        found = both_ways(ORIGINAL, other)
        assert found.kind == "alike"
        assert (found.boxes, found.edits) == ((), ())


def test_frames_of_a_scene_are_alike() -> None:
    """The camera moved a little, and so did something before it."""
    first = ORIGINAL.crop((0, 0, 350, 262))
    second = ORIGINAL.copy()
    thing = photo_like(9, 80, 70)
    first.paste(thing, (60, 80))
    second.paste(thing, (190, 120))
    assert both_ways(first, second.crop((10, 8, 360, 270))).kind == "alike"


def test_pages_of_one_layout_are_alike() -> None:
    assert both_ways(page(1), page(2)).kind == "alike"


def test_screens_of_one_program_are_alike() -> None:
    one, other = (EDITS["screenshot"](photo_like(seed), 5) for seed in (20, 21))
    assert both_ways(one, other).kind == "alike"


def page(seed: int) -> Image.Image:
    generator = np.random.default_rng(seed)
    sheet = Image.new("RGB", (620, 877), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    for y in range(50, 820, 19):
        words = ["".join(generator.choice(letters, generator.integers(2, 10))) for _ in range(12)]
        pen.text((60, y), " ".join(words)[:70], "black", font)
    return sheet


@pytest.mark.parametrize("level", [0, 90, 255])
def test_flat_pictures_are_alike(level: int) -> None:
    plain = Image.new("RGB", (300, 200), (level, level, level))
    assert both_ways(plain, plain.resize((150, 100))).kind == "alike"
    assert both_ways(plain, ORIGINAL).kind == "alike"


def test_slopes_and_halves_are_alike() -> None:
    across = np.tile(np.linspace(0, 255, 300, dtype=np.uint8)[None, :, None], (200, 1, 3))
    halves = np.zeros((200, 300, 3), np.uint8)
    halves[90:] = (200, 160, 90)
    others = [np.ascontiguousarray(across[:, ::-1]), across // 2, halves, halves[::-1].copy()]
    for other in others:
        assert both_ways(Image.fromarray(across), Image.fromarray(other)).kind == "alike"


small = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
    elements=st.sampled_from([0, 1, 128, 255]),
)


@settings(max_examples=60, deadline=None)
@given(small, small)
def test_any_two_arrays_give_the_same_both_ways(one: np.ndarray, other: np.ndarray) -> None:
    a = View(one, (one.shape[1], one.shape[0]), b"a")
    b = View(other, (other.shape[1], other.shape[0]), b"b")
    there, back = look(a, b), look(b, a)
    assert there.kind == back.kind
    assert there.boxes == back.swapped().boxes


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0.2, 0.9), st.floats(0, 0.1))
def test_any_crop_gives_the_same_both_ways(
    seed: int, other: int, share: float, start: float
) -> None:
    image = photo_like(seed, 200, 150)
    left, top = round(200 * start), round(150 * start)
    part = image.crop((left, top, left + round(200 * share), top + round(150 * share)))
    assert both_ways(part, image).kind in ("part", "edited", "alike")
    both_ways(part, photo_like(other, 180, 160))


def test_a_prepared_picture_gives_the_same() -> None:
    copy = view_of(EDITS["crop-70"](ORIGINAL))
    original = view_of(ORIGINAL)
    found, again = look(copy, original), look(prepare(copy), prepare(original))
    assert (found.kind, found.boxes) == (again.kind, again.boxes)


def window_of(seed: int) -> Image.Image:
    """One program's window with other lines of text each time."""
    generator = np.random.default_rng(seed)
    window = Image.new("RGB", (960, 600), (236, 236, 240))
    pen = ImageDraw.Draw(window)
    pen.rectangle((0, 0, 960, 50), fill=(52, 73, 94))
    for row in range(9):
        pen.rectangle((14, 66 + 56 * row, 210, 106 + 56 * row), fill=(210, 214, 220))
    for row in range(24):
        letters = "".join(generator.choice(list("abcdefghijk lmnop"), 80))
        pen.text((250, 66 + 22 * row), letters, fill=(40, 40, 40), font_size=14)
    return window


@pytest.mark.parametrize(
    "name", ["jpeg-20", "half-size", "brightness", "grey", "mirror", "rotate-90", "blur"]
)
def test_copies_of_the_whole_are_told_as_they_lie(name: str) -> None:
    for original in (ORIGINAL, window_of(0)):
        verdict = look(view_of(EDITS[name](original, 0)), view_of(original), as_they_lie=True)
        assert verdict.kind == "edited"


def test_as_they_lie_nothing_but_copies_of_the_whole_is_told() -> None:
    pairs = [(window_of(1), window_of(2)), (ORIGINAL, OTHERS[0])]
    pairs += [(EDITS[n](ORIGINAL, 0, OTHERS[:3]), ORIGINAL) for n in ("crop-50", "collage-4")]
    for one, other in pairs:
        assert look(view_of(one), view_of(other), as_they_lie=True).kind == "alike"


@pytest.mark.data
def test_a_drawing_of_a_sign_and_a_photograph_of_one_are_alike() -> None:
    """Both show the sign in a piece of the picture; in the photograph it is 1.07 times as high."""
    folder = Path(os.environ.get("LOOKALIKE_TEST_PHOTOS", "")) / "objects" / "stop_sign"
    if not folder.is_dir():
        pytest.skip("set LOOKALIKE_TEST_PHOTOS to a folder with Caltech-101's objects/stop_sign")
    drawing, photograph = (Image.open(folder / f"image_{n:04}.jpg") for n in (1, 7))
    assert both_ways(drawing.convert("RGB"), photograph.convert("RGB")).kind == "alike"
