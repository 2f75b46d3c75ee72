"""The chance of a pair: what a search says of a hit, of pictures that need not be there."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.errors import PictureError
from lookalike.library import Library


def edited(path: Path) -> bytes:
    file = io.BytesIO()
    with Image.open(path) as image:
        image.resize((image.width // 2, image.height // 2)).save(file, "JPEG", quality=60)
    return file.getvalue()


def test_it_is_what_a_search_says(tmp_path: Path, photos: Path) -> None:
    with Library.open(tmp_path / "x.lookalike", workers=1) as library:
        library.index(photos)
        copy = edited(photos / "coffee.jpg")
        hit = library.search(copy, 1).hits[0]
        assert hit.chance is not None
        found = library.chance(copy, photos / "coffee.jpg")
        assert found is not None
        assert found <= hit.chance * 1.0001
        far = library.chance(photos / "coins.jpg", photos / "coffee.jpg")
        assert far is not None
        assert far > 100 * found
        noise = np.random.default_rng(1).integers(0, 256, (90, 70, 3), np.uint8)
        assert library.chance(noise, noise) is not None


def test_what_is_wrong(tmp_path: Path, photos: Path) -> None:
    with Library.open(tmp_path / "x.lookalike", workers=1) as library:
        # Of no pictures none comes near.
        assert library.chance(photos / "coins.jpg", photos / "coffee.jpg") == 0
        library.index(photos)
        with pytest.raises(PictureError):
            library.chance(photos / "coins.jpg", tmp_path / "none.jpg")
