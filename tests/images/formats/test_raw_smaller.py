"""Smaller previews of camera raw: used where they show what the largest one does."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from pictures import encode, scene
from PIL import Image
from test_raw import LONG, SHORT, dng, ifd

from lookalike.images.decode import decode
from lookalike.images.formats.raw_smaller import smaller_preview
from lookalike.images.formats.registry import FORMATS
from lookalike.types import InputSpec, Limits

WHOLE = scene(2400, 1800)
LARGEST = encode(WHOLE, "JPEG")


def with_smaller(*previews: bytes) -> bytes:
    """A raw file whose smaller previews lie in directories behind the first."""
    data = bytearray(dng(LARGEST, WHOLE.size))
    (at,) = struct.unpack_from("<I", data, 4)
    for preview in previews:
        (count,) = struct.unpack_from("<H", data, at)
        data += b"\0" * (len(data) % 2)
        link, place = at + 2 + 12 * count, len(data)
        data += preview + b"\0" * (len(preview) % 2)
        at = len(data)
        struct.pack_into("<I", data, link, at)
        width, height = Image.open(io.BytesIO(preview)).size
        data += ifd(
            [
                (254, LONG, [1]),
                (256, LONG, [width]),
                (257, LONG, [height]),
                (259, SHORT, [6]),
                (513, LONG, [place]),
                (514, LONG, [len(preview)]),
            ],
            at,
        )
    return bytes(data)


def jpeg(image: Image.Image) -> bytes:
    return encode(image, "JPEG")


def chosen(data: bytes, least: tuple[int, int] = (512, 384)) -> tuple[int, int] | None:
    found = smaller_preview(data, LARGEST, least)
    return None if found is None else Image.open(io.BytesIO(found)).size


def test_the_smallest_that_is_large_enough() -> None:
    data = with_smaller(
        *(jpeg(WHOLE.resize(size)) for size in ((1200, 900), (640, 480), (160, 120)))
    )
    assert chosen(data) == (640, 480)
    assert chosen(data, (641, 400)) == (1200, 900)
    assert chosen(data, (1300, 900)) is None


@pytest.mark.parametrize(
    "lie",
    [
        WHOLE.resize((640, 480)).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        WHOLE.resize((640, 480)).transpose(Image.Transpose.ROTATE_180),
        WHOLE.resize((640, 480)).convert("L").convert("RGB"),
        WHOLE.crop((0, 0, 1200, 900)).resize((640, 480)),
        WHOLE.resize((640, 480)).point(lambda value: min(255, value + 40)),
        WHOLE.resize((640, 360)),
        Image.new("RGB", (640, 480)),
    ],
)
def test_one_that_lies_is_not_believed(lie: Image.Image) -> None:
    assert chosen(with_smaller(jpeg(lie))) is None


def test_a_progressive_or_damaged_largest_leaves_no_way_to_check() -> None:
    data = with_smaller(jpeg(WHOLE.resize((640, 480))))
    progressive = encode(WHOLE, "progressive JPEG")
    assert smaller_preview(data, progressive, (512, 384)) is None
    broken = with_smaller(jpeg(WHOLE.resize((640, 480)))[:3000])
    assert chosen(broken) is None


def test_the_code_is_of_the_smaller_preview() -> None:
    pytest.importorskip("rawpy", reason="the extra raw isn't installed")
    data = with_smaller(jpeg(WHOLE.resize((640, 480))))
    made = FORMATS["RAW"]
    opened = made.open(data, Limits())
    assert opened.image.size == (2400, 1800)
    assert made.reduced(opened, data, (512, 384), Limits()).image.size == (640, 480)
    spec = {"x": InputSpec(512, "within")}
    seen = decode(data, spec, Limits(), suffix=".dng")
    plain = decode(dng(LARGEST, WHOLE.size), spec, Limits(), suffix=".dng")
    assert (seen.width, seen.height) == (plain.width, plain.height)
    assert np.abs(seen.inputs["x"].astype(int) - plain.inputs["x"]).mean() < 4
