"""What transparent pictures are laid over."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pictures import encode, scene
from PIL import Image, ImageDraw

from lookalike.encoders.perceptual import MATCH_DISTANCE, PDQ
from lookalike.images.decode import decode
from lookalike.images.ground import on_ground
from lookalike.types import Limits

CLEAR_WHITE, CLEAR_BLACK = (255, 255, 255, 0), (0, 0, 0, 0)


def sign(name: str, colour: tuple[int, ...], ground: tuple[int, ...] = CLEAR_WHITE) -> Image.Image:
    large = Image.new("RGBA", (1024, 1024), ground)
    draw = ImageDraw.Draw(large)
    if name == "disc":
        draw.ellipse((160, 160, 864, 864), fill=colour)
    elif name == "triangle":
        draw.polygon([(512, 80), (944, 920), (80, 920)], fill=colour)
    else:
        for left in range(80, 900, 180):
            draw.rectangle((left, 80, left + 100, 944), fill=colour)
    return large.resize((256, 256), Image.Resampling.LANCZOS)


def corner(image: Image.Image) -> int:
    return int(np.asarray(on_ground(image))[0, 0].max())


@pytest.mark.parametrize("ground", [CLEAR_WHITE, CLEAR_BLACK])
@pytest.mark.parametrize("level", [255, 250, 245])
def test_what_white_would_hide_lies_over_black(level: int, ground: tuple[int, ...]) -> None:
    for name in ("disc", "triangle", "bars"):
        assert corner(sign(name, (level, level, level, 255), ground)) == 0
        assert corner(sign(name, (level, level, level, 128), ground)) == 0


@pytest.mark.parametrize("colour", [(238, 238, 238), (224, 224, 224), (255, 255, 0), (0, 0, 0)])
def test_all_else_lies_over_white(colour: tuple[int, int, int]) -> None:
    for name in ("disc", "triangle", "bars"):
        assert corner(sign(name, (*colour, 255), CLEAR_BLACK)) == 255
    cut_out = scene(64, 48).convert("RGBA")
    cut_out.putalpha(Image.new("L", cut_out.size, 0))
    assert (np.asarray(on_ground(cut_out)) == 255).all()  # nothing of it is seen
    cut_out.paste((10, 200, 30, 255), (20, 20, 30, 30))
    assert corner(cut_out) == 255


@pytest.mark.parametrize("level", [255, 245, 238])
def test_lossy_copies_lie_over_the_same(level: int) -> None:
    for name in ("disc", "triangle", "bars"):
        original = sign(name, (level, level, level, 255), CLEAR_BLACK)
        grounds = {corner(original)}
        for size in (90, 256, 700):
            copy = original.resize((size, size))
            for kind, options in (
                ("WEBP", {"quality": 30}),
                ("AVIF", {"quality": 70}),
                ("GIF", {}),
            ):
                data = io.BytesIO()
                copy.save(data, kind, **options)
                grounds.add(corner(Image.open(data).convert("RGBA")))
        assert len(grounds) == 1


def test_codes_tell_white_signs_apart() -> None:
    codes = []
    for name in ("disc", "triangle", "bars"):
        file = encode(sign(name, (255, 255, 255, 255)), "PNG")
        pdq = PDQ(threads=1)
        codes.append(pdq.encode([decode(file, {"pdq": pdq.input}, Limits()).inputs["pdq"]]).codes)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        distance = int(np.bitwise_count(codes[one] ^ codes[other]).sum())
        assert distance > MATCH_DISTANCE


def test_a_small_sign_on_a_large_ground() -> None:
    image = Image.new("RGBA", (3000, 2000), CLEAR_BLACK)
    image.putpixel((1234, 567), (255, 255, 255, 255))
    assert corner(image) == 0
    image.putpixel((1234, 567), (255, 0, 0, 255))
    assert corner(image) == 255


def test_opaque_pictures_have_no_ground() -> None:
    image = Image.new("RGBA", (4, 4), (250, 250, 250, 255))
    assert np.asarray(on_ground(image)).tolist() == np.full((4, 4, 3), 250).tolist()
