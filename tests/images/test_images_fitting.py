"""Pictures in the sizes that encoders take in, and parts of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lookalike.images.decode import decode, prepare
from lookalike.images.fitting import fit, least_size, target_size
from lookalike.images.parts.nine import PARTS, part_inputs
from lookalike.images.pool.messages import pack_inputs, unpack_inputs
from lookalike.types import InputSpec, Limits

QUARTER = (0.5, 0.0, 1.0, 0.5)


def quarters(side: int) -> Image.Image:
    """Four squares of one colour each."""
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 1], pixels[1, 0], pixels[1, 1] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST)


def test_a_part_is_taken_before_all_else() -> None:
    spec = InputSpec(8, "stretch", part=QUARTER)
    pixels = np.asarray(fit(quarters(64), spec))
    assert pixels.shape == (8, 8, 3)
    # Not mixed with what lies beside it.
    assert (pixels == (255, 0, 0)).all()


@pytest.mark.parametrize(
    ("spec", "size", "expected"),
    [
        (InputSpec(100, "within", part=QUARTER), (400, 200), (100, 50)),
        (InputSpec(300, "within", part=QUARTER), (400, 200), (200, 100)),
        (InputSpec(50, "stretch", part=QUARTER), (400, 200), (50, 50)),
        (InputSpec(50, "stretch", part=(0.9, 0.9, 1.0, 1.0)), (1, 1), (50, 50)),
    ],
)
def test_the_size_of_a_part(
    spec: InputSpec, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert target_size(size, spec) == expected
    assert fit(Image.new("RGB", size), spec).size == expected


def test_a_decoder_may_reduce_less_where_parts_are_wanted() -> None:
    whole, part = InputSpec(100, "stretch"), InputSpec(100, "stretch", part=QUARTER)
    assert least_size((1000, 800), [whole]) == (100, 100)
    assert least_size((1000, 800), [whole, part]) == (200, 200)


def test_parts_of_a_large_jpeg_are_sharp() -> None:
    """JPEGs are decoded at a fraction of their size where that is enough for all inputs."""
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    image = Image.fromarray(np.kron(noise[:64, :64], np.ones((32, 32, 1), np.uint8)))  # 2048 px
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    spec = InputSpec(512, "stretch", part=(0.25, 0.25, 0.5, 0.5))
    data = file.getvalue()
    decoded = decode(data, {"whole": InputSpec(32, "stretch"), "part": spec}, Limits())
    exact = np.asarray(fit(image, spec)).astype(int)
    assert np.abs(decoded.inputs["part"].astype(int) - exact).mean() < 4


def test_specifications_travel_as_they_are() -> None:
    spec = InputSpec(32, "crop", "bicubic")
    inputs = {"whole": spec, **part_inputs("whole", spec)}
    assert unpack_inputs(pack_inputs(inputs)) == inputs


def test_the_parts_cover_the_picture() -> None:
    covered = np.zeros((100, 100), int)
    for left, top, right, bottom in PARTS:
        covered[round(100 * top) : round(100 * bottom), round(100 * left) : round(100 * right)] += 1
    assert covered.min() == 1
    pixels = np.asarray(quarters(50))
    inputs = prepare(pixels, part_inputs("x", InputSpec(20, "stretch")), Limits()).inputs
    assert list(inputs) == [f"x/{n}" for n in range(9)]
    assert (inputs["x/2"] == (255, 0, 0)).all()
    assert (inputs["x/6"] == (0, 255, 0)).all()
