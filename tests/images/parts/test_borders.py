"""Borders: found, kept where they are none, and never more than the border."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from lookalike.images.parts.borders import without_borders


@pytest.fixture
def photo(photos: Path) -> Image.Image:
    with Image.open(photos / "chelsea.jpg") as image:
        return image.convert("RGB").resize((300, 200))


def array(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(image)


@pytest.mark.parametrize("colour", ["black", "white", (200, 30, 90)])
@pytest.mark.parametrize("quality", [None, 50])
def test_a_border_goes_and_the_picture_stays(
    photo: Image.Image, colour: str, quality: int | None
) -> None:
    framed = ImageOps.expand(photo, (20, 30, 10, 40), fill=colour)
    if quality is not None:
        file = io.BytesIO()
        framed.save(file, "JPEG", quality=quality)
        framed = Image.open(file).convert("RGB")
    inner = without_borders(array(framed))
    assert inner is not None
    height, width = inner.shape[:2]
    # JPEG keeps colour at half the resolution: a coloured border runs into the picture.
    slack = 0 if quality is None else 4
    assert 292 <= width <= 300 + slack
    assert 192 <= height <= 200 + slack


def test_a_letter_box(photo: Image.Image) -> None:
    inner = without_borders(array(ImageOps.expand(photo, (0, 25, 0, 25))))
    assert inner is not None
    assert inner.shape == (198, 300, 3)


def test_no_border(photo: Image.Image) -> None:
    assert without_borders(array(photo)) is None


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 400, 3), (50, 50, 3)])
def test_a_plain_picture_is_no_border(shape: tuple[int, int, int]) -> None:
    assert without_borders(np.full(shape, 80, np.uint8)) is None


def test_a_small_thing_on_a_plain_ground_stays_whole() -> None:
    pixels = np.full((200, 200, 3), 255, np.uint8)
    pixels[90:110, 90:110] = np.random.default_rng(0).integers(0, 255, (20, 20, 3))
    assert without_borders(pixels) is None
