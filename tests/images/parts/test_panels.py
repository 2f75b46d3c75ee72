"""Panels: those of collages, pages and frames are found, and photographs stay whole."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageOps

from lookalike.evaluation.edits import EDITS
from lookalike.images.parts.panels import MOST_PANELS, panels
from lookalike.images.parts.views import views

Array = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]


def boxes(pixels: Array, parts: list[Array]) -> list[Box]:
    """Left, top, right and bottom of views of a picture."""
    found = []
    for part in parts:
        start = part.__array_interface__["data"][0] - pixels.__array_interface__["data"][0]
        top, left = divmod(start // 3, pixels.shape[1])
        found.append((left, top, left + part.shape[1], top + part.shape[0]))
    return found


def array(image: Image.Image) -> Array:
    return np.ascontiguousarray(np.asarray(image.convert("RGB")))


@pytest.fixture
def pictures(photos: Path) -> dict[str, Image.Image]:
    found = {}
    for path in sorted(photos.iterdir()):
        with Image.open(path) as image:
            found[path.stem] = image.convert("RGB")
    return found


@pytest.mark.parametrize("ground", ["white", "black", (200, 30, 90)])
@pytest.mark.parametrize("quality", [None, 75])
def test_a_grid_of_pictures(
    pictures: dict[str, Image.Image], ground: str, quality: int | None
) -> None:
    sheet = Image.new("RGB", (424, 320), ground)
    want = []
    for i, name in enumerate(["chelsea", "coffee", "astronaut", "rocket"]):
        left, top = 8 + 208 * (i % 2), 8 + 156 * (i // 2)
        sheet.paste(ImageOps.fit(pictures[name], (200, 148)), (left, top))
        want.append((left, top, left + 200, top + 148))
    if quality is not None:
        file = io.BytesIO()
        sheet.save(file, "JPEG", quality=quality)
        sheet = Image.open(file)
    pixels = array(sheet)
    found = sorted(boxes(pixels, panels(pixels)), key=lambda box: (box[1] > 150, box[0]))
    assert len(found) == 4
    # JPEG keeps colour at half the resolution: a coloured ground runs into the pictures.
    assert np.abs(np.array(found) - want).max() <= (0 if quality is None else 3)


def test_unequal_parts_without_a_margin(pictures: dict[str, Image.Image]) -> None:
    sheet = Image.new("RGB", (400, 300), "white")
    sheet.paste(ImageOps.fit(pictures["chelsea"], (250, 300)), (0, 0))
    sheet.paste(ImageOps.fit(pictures["coffee"], (144, 180)), (256, 0))
    sheet.paste(ImageOps.fit(pictures["astronaut"], (144, 114)), (256, 186))
    pixels = array(sheet)
    assert boxes(pixels, panels(pixels)) == [
        (0, 0, 250, 300),
        (256, 0, 400, 180),
        (256, 186, 400, 300),
    ]


def test_a_frame_within_a_frame(pictures: dict[str, Image.Image]) -> None:
    inner = ImageOps.expand(pictures["coffee"].resize((300, 200)), 5, "black")
    framed = ImageOps.expand(ImageOps.expand(inner, 3, "white"), 40, "black")
    pixels = array(framed)
    assert boxes(pixels, panels(pixels)) == [(48, 48, 348, 248)]


def test_a_page_with_text_and_small_pictures(pictures: dict[str, Image.Image]) -> None:
    page = Image.new("RGB", (600, 500), "white")
    page.paste(pictures["chelsea"].resize((360, 240)), (20, 60))
    pen = ImageDraw.Draw(page)
    for line in range(14):
        pen.text((20, 20 if line == 0 else 310 + 13 * line), "words and more words", "black")
        page.paste(pictures["rocket"].resize((40, 30)), (420, 60 + 31 * line))
    pixels = array(page)
    assert boxes(pixels, panels(pixels))[0] == (20, 60, 380, 300)
    for part in panels(pixels):
        assert min(part.shape[:2]) >= 50


def test_the_sky_is_not_cut_off_within_a_grid(pictures: dict[str, Image.Image]) -> None:
    sky = Image.new("RGB", (200, 150), (90, 150, 220))
    sky.paste(pictures["coffee"].resize((200, 70)), (0, 80))
    sheet = Image.new("RGB", (410, 150), "white")
    sheet.paste(sky, (0, 0))
    sheet.paste(pictures["chelsea"].resize((200, 150)), (210, 0))
    pixels = array(sheet)
    assert sorted(boxes(pixels, panels(pixels))) == [(0, 0, 200, 150), (210, 0, 410, 150)]


def test_no_more_than_the_largest(pictures: dict[str, Image.Image]) -> None:
    sheet = Image.new("RGB", (612, 612), "black")
    for i in range(9):
        size = (200 - 3 * i, 200)
        sheet.paste(pictures["chelsea"].resize(size), (204 * (i % 3), 204 * (i // 3)))
    pixels = array(sheet)
    found = boxes(pixels, panels(pixels))
    assert len(found) == MOST_PANELS
    widths = [right - left for left, _, right, _ in found]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == 200


def test_photographs_have_no_panels(pictures: dict[str, Image.Image]) -> None:
    for name in ("astronaut", "chelsea", "coffee", "grass", "gravel"):
        assert panels(array(pictures[name])) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 400, 3), (400, 3, 3), (50, 50, 3)])
def test_plain_and_tiny_pictures(shape: tuple[int, int, int]) -> None:
    assert panels(np.full(shape, 80, np.uint8)) == []
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert panels(noise) == []


def alike(part: Array, picture: Image.Image) -> float:
    """Correlation of a part with the middle of a picture that has its shape."""
    fitted = ImageOps.fit(picture, (part.shape[1], part.shape[0]))
    small = (48, 32)
    a, b = (
        np.asarray(image.convert("L").resize(small), float).ravel()
        for image in (Image.fromarray(part), fitted)
    )
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["collage-4", "meme", "screenshot"])
def test_the_views_of_an_edited_copy_hold_the_picture(
    pictures: dict[str, Image.Image], name: str, seed: int
) -> None:
    others = [pictures[n] for n in ("coffee", "astronaut", "grass")]
    edited = array(EDITS[name](pictures["chelsea"], seed, others))
    parts = views(edited)
    assert parts[0] is edited
    assert len(parts) <= 2 + MOST_PANELS
    assert alike(edited, pictures["chelsea"]) < 0.8
    assert max(alike(part, pictures["chelsea"]) for part in parts[1:]) > 0.97


def test_nothing_is_asked_twice(pictures: dict[str, Image.Image]) -> None:
    photo = array(pictures["chelsea"])
    assert len(views(photo)) == 1
    framed = array(ImageOps.expand(pictures["chelsea"], 30, "white"))
    assert [part.shape for part in views(framed)] == [framed.shape, (298, 449, 3)]
