"""Pyramids: which picture of a TIFF counts, and which smaller versions of it are believed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from lookalike.images.decode import decode
from lookalike.images.formats.registry import FORMATS, format_of
from lookalike.types import InputSpec, Limits

tifffile = pytest.importorskip("tifffile")

SPEC = {"x": InputSpec(128, "within")}
Samples = npt.NDArray[Any]


def scene(seed: int, width: int = 1200, height: int = 800) -> Samples:
    """Ellipses and boxes of many sizes and colours."""
    rng = np.random.default_rng(seed)
    made = Image.new("RGB", (width, height), tuple(int(n) for n in rng.integers(0, 256, 3)))
    from PIL import ImageDraw

    draw = ImageDraw.Draw(made)
    for size in np.linspace(width / 3, 8, 300):
        x, y = rng.uniform(-0.1, 1, 2) * (width, height)
        w, h = rng.uniform(0.3, 1, 2) * size
        fill = tuple(int(n) for n in rng.integers(0, 256, 3))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), fill=fill)
    return np.asarray(made)


def shrunk(samples: Samples, factor: int) -> Samples:
    if samples.ndim == 2:
        return np.asarray(shrunk(samples[..., None], factor)[..., 0])
    height, width, channels = samples.shape
    kept = samples[: height // factor * factor, : width // factor * factor]
    blocks = kept.reshape(height // factor, factor, width // factor, factor, channels)
    mean = blocks.astype(np.float64).mean(axis=(1, 3))
    return (mean if samples.dtype.kind == "f" else np.rint(mean)).astype(samples.dtype)


def pyramid(
    whole: Samples, levels: list[Samples], *, below: bool, first: bool = False, **options: Any
) -> bytes:
    """A picture with smaller versions: below it (SubIFDs), or behind it; or the smallest first."""
    options.setdefault("photometric", "rgb" if whole.ndim == 3 else "minisblack")
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        if first:
            out.write(levels[-1], subfiletype=1, **options)
            levels = levels[:-1]
        out.write(whole, subifds=len(levels) if below else 0, subfiletype=0, **options)
        for level in levels:
            out.write(level, subfiletype=1, **options)
    return file.getvalue()


WHOLE = scene(1)


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"rowsperstrip": 16},
        {"tile": (256, 256)},
        {"tile": (256, 256), "compression": "zlib", "predictor": True},
        {"rowsperstrip": 1},
        {"tile": (256, 256), "compression": "jpeg"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_sound_level_is_used(below: bool, options: dict[str, Any], kind: Any) -> None:
    if options.get("compression") == "jpeg":
        pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
        if kind is np.uint16:
            pytest.skip("JPEG has 8 bits here")
    whole = WHOLE.astype(kind) * kind(1 if kind is np.uint8 else 257)
    levels = [shrunk(whole, 2), shrunk(whole, 4)]
    data = pyramid(whole, levels, below=below, **options)
    seen = reduced_size(data)
    assert seen == (600, 400)
    decoded = decode(data, SPEC, Limits(), count=True)
    assert (decoded.width, decoded.height, decoded.members) == (1200, 800, 1)
    plain = decode(pyramid(whole, [], below=False, **options), SPEC, Limits())
    assert np.abs(decoded.inputs["x"].astype(int) - plain.inputs["x"]).mean() < 3


def reduced_size(data: bytes) -> tuple[int, int]:
    """What the format makes of a file for encoders that take in 512 pixels."""
    made = FORMATS["TIFF"]
    opened = made.open(data, Limits())
    full = opened.image.size
    least = (512, round(512 * full[1] / full[0]))
    found = made.reduced(opened, data, least, Limits())
    return (found.load() if found.load else found.image).size


def liars() -> dict[str, Samples]:
    half = shrunk(WHOLE, 2)
    grey = np.asarray(Image.fromarray(half).convert("L").convert("RGB"))
    crop = np.asarray(Image.fromarray(WHOLE[100:700, 150:1050]).resize((600, 400)))
    return {
        "another picture": scene(2, 600, 400),
        "another crop": crop,
        "mirrored": half[:, ::-1],
        "upside down": half[::-1],
        "grey": grey,
        "brighter": np.clip(half.astype(int) + 40, 0, 255).astype(np.uint8),
        "inverted": 255 - half,
        "channels exchanged": half[..., ::-1],
        "moved": np.roll(half, 60, axis=1),
        "another half": np.asarray(Image.fromarray(WHOLE[:, :600]).resize((600, 400))),
        "black": np.zeros_like(half),
    }


@pytest.mark.parametrize("name", liars())
@pytest.mark.parametrize("options", [{"rowsperstrip": 16}, {"tile": (256, 256)}], ids=str)
def test_a_level_that_lies_is_not_believed(name: str, options: dict[str, Any]) -> None:
    data = pyramid(WHOLE, [np.ascontiguousarray(liars()[name])], below=True, **options)
    assert reduced_size(data) == (1200, 800)


@pytest.mark.parametrize("size", [(600, 350), (520, 520), (240, 160), (1000, 667)])
def test_another_aspect_and_what_is_too_small_or_hardly_smaller(size: tuple[int, int]) -> None:
    other = np.asarray(Image.fromarray(WHOLE).resize(size))
    assert reduced_size(pyramid(WHOLE, [other], below=True, rowsperstrip=16)) == (1200, 800)


@pytest.mark.parametrize("kind", [np.int16, np.float32, np.uint32])
def test_levels_of_other_samples(kind: Any) -> None:
    land = (WHOLE[..., 0].astype(np.int64) * 10 + (0 if kind is np.uint32 else -400)).astype(kind)
    data = pyramid(land, [shrunk(land, 2)], below=True, tile=(256, 256))
    assert reduced_size(data) == (600, 400)
    lie = pyramid(land, [shrunk(land, 2)[::-1].copy()], below=True, tile=(256, 256))
    assert reduced_size(lie) == (1200, 800)


def test_a_damaged_level_is_passed_over() -> None:
    data = bytearray(
        pyramid(WHOLE, [shrunk(WHOLE, 2)], below=True, tile=(256, 256), compression="zlib")
    )
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        level = file.pages[0].pages[0]
        for at, count in zip(level.dataoffsets, level.databytecounts, strict=True):
            data[at : at + count] = bytes(count)
    assert reduced_size(bytes(data)) == (1200, 800)
    assert decode(bytes(data), SPEC, Limits()).width == 1200


@pytest.mark.parametrize("below", [True, False])
def test_a_reduced_first_picture_gives_place_to_the_whole(below: bool) -> None:
    small = shrunk(WHOLE, 2)
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        make = [(271, "s", 0, "Acme Scanner", True)]
        out.write(
            small, photometric="rgb", subfiletype=1, subifds=1 if below else 0, extratags=make
        )
        out.write(WHOLE, photometric="rgb", subfiletype=0, rowsperstrip=16)
        if not below:
            out.write(scene(3), photometric="rgb")
    data = file.getvalue()
    for suffix in (".tif", ""):
        made = format_of(data, suffix)
        assert made is FORMATS["TIFF"]
    decoded = decode(data, SPEC, Limits(), count=True, suffix=".tif")
    assert (decoded.width, decoded.height) == (1200, 800)
    assert decoded.members == (1 if below else 2)
    plain = decode(pyramid(WHOLE, [], below=False), SPEC, Limits())
    assert np.abs(decoded.inputs["x"].astype(int) - plain.inputs["x"]).mean() < 3
    if not below:
        second = decode(data, SPEC, Limits(), member="page-2")
        assert np.abs(second.inputs["x"].astype(int) - decoded.inputs["x"]).mean() > 20


def test_pages_of_several_kinds() -> None:
    wide, plain = WHOLE[:90, :120].astype(np.uint16) * 257, WHOLE[100:190, :120]
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        out.write(plain, photometric="rgb")
        out.write(np.moveaxis(wide, 2, 0), photometric="rgb", planarconfig="separate")
        out.write((plain / 255).astype(np.float32), photometric="rgb")
        out.write(plain[::-1].copy(), photometric="rgb")
    data = file.getvalue()
    assert decode(data, SPEC, Limits(), count=True).members == 4
    for number, expected in ((1, plain), (2, WHOLE[:90, :120]), (3, plain), (4, plain[::-1])):
        member = f"page-{number}" if number > 1 else ""
        found = decode(data, SPEC, Limits(), member=member).inputs["x"]
        assert np.array_equal(found, expected), number


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_level_is_turned_as_the_picture_is(orientation: int, kind: Any) -> None:
    whole = WHOLE.astype(kind) * kind(1 if kind is np.uint8 else 257)
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as out:
        turn = [(274, "H", 1, orientation, True)]
        out.write(whole, photometric="rgb", subifds=1, extratags=turn, rowsperstrip=16)
        out.write(shrunk(whole, 2), photometric="rgb", subfiletype=1, extratags=turn)
    decoded = decode(file.getvalue(), SPEC, Limits())
    turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]
    expected = Image.fromarray(np.rot90(WHOLE, turns).copy())
    assert (decoded.width, decoded.height) == expected.size
    small = np.asarray(expected.resize(decoded.inputs["x"].shape[1::-1], reducing_gap=3))
    assert np.abs(decoded.inputs["x"].astype(int) - small).mean() < 5
