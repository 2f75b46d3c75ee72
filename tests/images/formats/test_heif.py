"""Collections in HEIF files."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.decode import decode
from lookalike.types import InputSpec, Limits

SPEC = {"x": InputSpec(64, "within")}
COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]


def collection(primary: int) -> bytes:
    heif = pillow_heif.HeifFile()  # type: ignore[no-untyped-call]
    for number, colour in enumerate(COLOURS):
        heif.add_from_pillow(Image.new("RGB", (64 + 2 * number, 64), colour))
    file = io.BytesIO()
    heif.save(file, quality=90, primary_index=primary)
    return file.getvalue()


@pytest.mark.parametrize("primary", range(3))
def test_the_primary_picture_is_the_first(primary: int) -> None:
    data = collection(primary)
    order = [primary, *(n for n in range(3) if n != primary)]
    assert decode(data, SPEC, Limits(), count=True).members == 3
    for number, expected in enumerate(order, 1):
        member = "" if number == 1 else f"page-{number}"
        decoded = decode(data, SPEC, Limits(), member=member)
        assert decoded.width == 64 + 2 * expected
        middle = decoded.inputs["x"][32, 32].astype(int)
        assert np.abs(middle - COLOURS[expected]).max() <= 8
    with pytest.raises(PictureFailed, match="holds 3 pictures: there is no page-4"):
        decode(data, SPEC, Limits(), member="page-4")
