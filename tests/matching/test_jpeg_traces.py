"""What shows of a JPEG in pixels that were decoded from it, and saved anew."""

from __future__ import annotations

import io

import numpy as np
import pytest
from photo_like import photo_like
from PIL import Image, ImageOps

from lookalike.matching.jpeg_quality import _LUMINANCE, jpeg_quality, quality_of_steps
from lookalike.matching.jpeg_traces import jpeg_traces


def photo() -> Image.Image:
    """No JPEG: what a JPEG was is gone by reducing it."""
    return photo_like(3).resize((403, 301), Image.Resampling.LANCZOS)


def saved(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def traces(image: Image.Image) -> int | None:
    return jpeg_traces(np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("quality", [20, 60, 75, 85])
def test_it_tells_what_a_file_without_loss_was(quality: int) -> None:
    seen = traces(saved(photo(), quality))
    assert seen is not None
    assert abs(seen - quality) <= 2


@pytest.mark.parametrize("quality", [70, 85, 95])
def test_it_tells_the_coarser_one_of_two(quality: int) -> None:
    seen = traces(saved(saved(photo(), 25), quality))
    assert seen is not None
    assert abs(seen - 25) <= 4


@pytest.mark.parametrize("turn", [ImageOps.mirror, ImageOps.flip, ImageOps.invert])
def test_turned_pictures_tell_it_too(turn: object) -> None:
    seen = traces(turn(saved(photo(), 75)))  # type: ignore[operator]
    assert seen is not None
    assert abs(seen - 75) <= 2


def test_nothing_shows_where_nothing_was() -> None:
    rng = np.random.default_rng(0)
    assert traces(photo()) is None
    assert traces(saved(photo(), 60).resize((300, 224))) is None
    assert traces(Image.new("RGB", (64, 64), (7, 99, 200))) is None
    assert traces(Image.new("RGB", (1, 1))) is None
    assert traces(Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8))) is None


def test_quality_of_steps_is_that_of_tables() -> None:
    places = np.arange(64)
    rows, columns = np.divmod(places, 8)
    for quality in (30, 50, 75, 90):
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
        with Image.open(file) as image:
            table = np.array(image.quantization[0], np.float64)  # type: ignore[attr-defined]
        assert quality_of_steps(table, rows, columns) == jpeg_quality(file.getvalue())
    assert len(_LUMINANCE) == 64
