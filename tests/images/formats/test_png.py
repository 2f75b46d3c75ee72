"""Animations in PNG files."""

from __future__ import annotations

import io

import pytest
from pictures import png_chunk
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.decode import decode
from lookalike.types import InputSpec, Limits

SPEC = {"x": InputSpec(64, "within")}
COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]


def animation(*, default_image: bool = False) -> bytes:
    frames = [Image.new("RGB", (20, 10), colour) for colour in COLOURS]
    file = io.BytesIO()
    frames[0].save(
        file, "PNG", save_all=True, append_images=frames[1:], default_image=default_image
    )
    return file.getvalue()


def colour(data: bytes, member: str) -> tuple[int, ...]:
    pixels = decode(data, SPEC, Limits(), member=member).inputs["x"]
    return tuple(int(v) for v in pixels[0, 0])


@pytest.mark.parametrize("claimed", [1_000, 2**31 - 1, 2**31])
def test_frames_that_are_only_claimed_do_not_count(claimed: int) -> None:
    data = animation()
    at = data.index(b"acTL")
    plays = data[at + 8 : at + 12]
    lying = data[: at - 4] + png_chunk(b"acTL", claimed.to_bytes(4, "big") + plays)
    lying += data[at + 16 :]
    assert decode(lying, SPEC, Limits(), count=True).members == 3
    assert colour(lying, "frame-3") == COLOURS[2]
    with pytest.raises(PictureFailed, match="holds 3 pictures: there is no frame-4"):
        colour(lying, "frame-4")


def test_a_picture_before_the_animation_is_none_of_its_frames() -> None:
    data = animation(default_image=True)
    assert decode(data, SPEC, Limits(), count=True).members == 2
    assert [colour(data, m) for m in ("", "frame-2")] == COLOURS[1:]
