"""Exact digests of TIFF: of the samples, however they lie in the file."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from deep_png import deep_png
from pictures import scene
from PIL import Image

from lookalike.images.decode import decode
from lookalike.images.sameness_of_files import exact_digest
from lookalike.types import InputSpec, Limits

tifffile = pytest.importorskip("tifffile")

LIMITS = Limits()
SPEC = {"x": InputSpec(16, "stretch")}
Array = npt.NDArray[Any]


def tiff(values: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    kind = "rgb" if values.ndim == 3 and values.shape[-1] > 2 else "minisblack"
    tifffile.imwrite(file, values, **{"photometric": kind, "metadata": None, **options})
    return file.getvalue()


def exact(data: bytes) -> bytes:
    made = exact_digest(data, LIMITS)
    assert made is not None
    return made


def pixels(kind: str, *shape: int) -> Array:
    values = np.random.default_rng(0).normal(size=shape) * 1000 + 3000
    return values.astype(kind)


@pytest.mark.parametrize("kind", ["u2", "i2", "u4", "i4", "f2", "f4", "f8", "i1", "u1"])
@pytest.mark.parametrize("shape", [(40, 33), (40, 33, 3)])
def test_layouts_of_the_same_samples_are_one(kind: str, shape: tuple[int, ...]) -> None:
    values = pixels(kind, *shape)
    made = [
        tiff(values),
        tiff(values, byteorder=">"),
        tiff(values, tile=(16, 16)),
        tiff(values, rowsperstrip=7),
        tiff(values, compression="zlib"),
        tiff(values, compression="zlib", predictor=True)
        if kind not in ("f2", "i1")
        else tiff(values),
        tiff(values, bigtiff=True),
    ]
    if len(shape) == 3:
        made.append(tiff(np.moveaxis(values, 2, 0), photometric="rgb", planarconfig="separate"))
    assert len({exact(data) for data in made}) == 1
    changed = values.copy()
    changed.flat[17] = changed.flat[17] + 1 if kind[0] != "f" else np.nextafter(changed.flat[17], 9)
    assert exact(tiff(changed)) != exact(made[0])


@pytest.mark.parametrize("channels", [1, 3])
def test_png_and_tiff_of_sixteen_bits(channels: int) -> None:
    values = pixels("u2", 40, 33) if channels == 1 else pixels("u2", 40, 33, 3)
    assert exact(deep_png(values)) == exact(tiff(values))
    assert exact(tiff(values)) != exact(tiff(values.astype("u4")))
    assert exact(tiff(values)) != exact(tiff(values.astype("i2")))


@pytest.mark.parametrize("kind", ["u1", "u2", "u4"])
def test_white_as_zero(kind: str) -> None:
    values = pixels(kind, 40, 33)
    negative = np.iinfo(values.dtype).max - values
    white = tiff(negative.astype(values.dtype), photometric="miniswhite")
    assert exact(white) == exact(tiff(values))


@pytest.mark.parametrize("wild", [-32_768.0, 1e30, float("nan"), -3.4e38])
def test_one_wild_value(wild: float) -> None:
    ground = pixels("f4", 60, 50)
    ground[0, 0] = wild
    other = ground.copy()
    other[30, 20] += 1
    assert exact(tiff(ground)) != exact(tiff(other))
    assert exact(tiff(ground)) == exact(tiff(ground, tile=(16, 16)))
    assert decode(tiff(ground), SPEC, LIMITS).pixel_digest is None
    told = tiff(ground, extratags=[(42113, 2, 0, "-9999", False)])
    assert exact(told) != exact(tiff(ground))  # what is black there is another number


def test_transparency() -> None:
    values = pixels("u2", 40, 33, 4)
    values[..., 3] = np.arange(33) * 1000
    one = tiff(values, extrasamples=["unassalpha"])
    assert exact(one) == exact(deep_png(values))
    hidden = values.copy()
    hidden[:, 0, :3] += 9  # where nothing is seen
    assert exact(tiff(hidden, extrasamples=["unassalpha"])) == exact(one)
    assert exact_digest(tiff(values, extrasamples=["assocalpha"]), LIMITS) is None


def test_channels_that_nobody_knows_are_not_left_out() -> None:
    """Infrared beside red, green and blue: it isn't shown, and never said to be equal."""
    values = pixels("u1", 40, 33, 4)
    assert exact_digest(tiff(values, extrasamples=["unspecified"]), LIMITS) is None
    assert decode(tiff(values, extrasamples=["unspecified"]), SPEC, LIMITS).pixel_digest is None
    deep = pixels("u2", 40, 33, 4)
    assert exact_digest(tiff(deep, extrasamples=["unspecified"]), LIMITS) is None


def test_pages_of_different_kinds() -> None:
    def made(last: int) -> bytes:
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as writer:
            writer.write(np.asarray(scene(30, 20)), photometric="rgb", metadata=None)
            values = pixels("u2", 20, 30)
            values[0, 0] = last
            writer.write(values, photometric="minisblack", metadata=None)
        return file.getvalue()

    one, other = made(1), made(2)
    assert exact(one) != exact(other)
    first = [exact_digest(data, LIMITS, member="page-2") for data in (one, other)]
    assert len({*first, None}) == 3


def test_a_palette_of_sixteen_bits_a_channel() -> None:
    """Writers fill both halves, or the upper one: the colours are the same 8-bit ones."""
    indices = np.random.default_rng(0).integers(0, 16, (20, 30)).astype(np.uint8)
    colours = np.random.default_rng(1).integers(0, 256, (3, 256)).astype(np.uint16)
    made = [
        tiff(indices, photometric="palette", colormap=colours * 257),
        tiff(indices, photometric="palette", colormap=colours * 256),
    ]
    rgb = colours.T[indices].astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG")
    assert {exact_digest(data, LIMITS) for data in made} == {exact(file.getvalue())}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_turned(orientation: int, kind: str) -> None:
    values = pixels(kind, 20, 30)
    turned = [
        values, values[:, ::-1], values[::-1, ::-1], values[::-1], values.T, values.T[:, ::-1],
        values.T[::-1, ::-1], values.T[::-1],
    ][orientation - 1]  # fmt: skip
    data = tiff(values, extratags=[(274, 3, 1, orientation, True)])
    assert exact(data) == exact(tiff(np.ascontiguousarray(turned)))


def test_what_is_cut_is_not_known() -> None:
    data = tiff(pixels("u2", 400, 330))
    assert exact_digest(data[:-2_000], LIMITS) is None
    assert struct.unpack_from("<H", data, 2) == (42,)
