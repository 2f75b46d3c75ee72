"""The quality of a JPEG is read off its tables."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.matching.jpeg_quality import jpeg_quality


def saved(quality: int, **options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("quality", [1, 5, 10, 20, 35, 50, 51, 60, 75, 85, 90, 95, 100])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"exif": b"Exif\0\0" + bytes(900)}])
def test_it_is_what_it_was_saved_with(quality: int, options: dict[str, object]) -> None:
    found = jpeg_quality(saved(quality, **options))
    assert found == pytest.approx(quality, abs=2)


def test_others_tables_count_by_their_scale() -> None:
    scales = [0.3, 0.7, 1.5, 3.0]
    tables = [[[min(255, max(1, round(16 * scale)))] * 64] * 2 for scale in scales]
    found = [jpeg_quality(saved(75, qtables=table)) for table in tables]
    qualities = [quality for quality in found if quality is not None]
    assert len(qualities) == len(scales)
    assert all(finer > coarser for finer, coarser in pairwise(qualities))


@given(st.binary(max_size=200), st.booleans())
def test_anything_else_has_none(data: bytes, starts: bool) -> None:
    found = jpeg_quality((b"\xff\xd8" if starts else b"") + data)
    assert found is None or 1 <= found <= 100


@given(st.integers(0, 700))
def test_a_file_that_breaks_off_says_it_or_nothing(length: int) -> None:
    assert jpeg_quality(saved(60)[:length]) in (None, 59, 60, 61)


def test_no_jpeg() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG")
    assert jpeg_quality(buffer.getvalue()) is None
