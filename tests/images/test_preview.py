"""Previews: small, upright, without anything else in them, and safe to read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.preview import PREVIEW, pixels_of, preview_of


def picture(width: int, height: int) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 4, height))
    waves = [127 + 100 * np.sin(x + phase) * np.cos(y) for phase in (0, 1, 2)]
    return np.stack(waves, axis=2).astype(np.uint8)


@pytest.mark.parametrize("size", [(512, 300), (300, 512), (100, 60), (1, 1), (512, 1)])
def test_a_preview_shows_the_picture(size: tuple[int, int]) -> None:
    made = preview_of(picture(*size))
    pixels = pixels_of(made)
    longest = max(size)
    expected = size if longest <= PREVIEW.size else tuple(max(1, s * 256 // longest) for s in size)
    assert pixels.shape == (*expected[::-1], 3)
    small = np.asarray(Image.fromarray(picture(*size)).resize(expected, Image.Resampling.BILINEAR))
    assert np.abs(pixels.astype(int) - small).mean() < 4


def test_it_holds_nothing_else() -> None:
    made = preview_of(picture(64, 64))
    with Image.open(io.BytesIO(made)) as image:
        assert not image.getexif()
        assert "icc_profile" not in image.info
    assert made == preview_of(picture(64, 64))


def test_what_is_no_preview() -> None:
    made = preview_of(picture(200, 100))
    large = io.BytesIO()
    Image.fromarray(picture(300, 100)).save(large, "JPEG")
    png = io.BytesIO()
    Image.fromarray(picture(30, 10)).save(png, "PNG")
    for wrong in (b"", b"no picture", made[:100], made[: len(made) // 2], large.getvalue(),
                  png.getvalue()):  # fmt: skip
        with pytest.raises(PictureFailed):
            pixels_of(wrong)
