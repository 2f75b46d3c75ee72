"""Every layout of samples, read as what it shows; and what is missing of a file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from sample_layouts import (
    HEIGHT,
    WIDTH,
    Layout,
    layouts,
    other_formats,
    packed_layouts,
    picture,
    tiff,
    written,
)

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.decode import decode
from lookalike.images.formats.tiff_directories import chain
from lookalike.images.formats.tiff_layout import is_plain, layout_of
from lookalike.images.formats.tiff_reader import read_samples
from lookalike.images.pool.pool import DecodePool
from lookalike.types import InputSpec, Limits

FULL = {"x": InputSpec(4096, "within")}
GREY, RGB = picture(1, colour=False), picture(2)


def shown(data: bytes, limits: Limits | None = None, suffix: str = "") -> npt.NDArray[np.int16]:
    decoded = decode(data, FULL, limits or Limits(), suffix=suffix)
    return decoded.inputs["x"].astype(np.int16)


def expected(layout: Layout) -> npt.NDArray[np.uint8]:
    seen = layout.shown
    return seen if seen.ndim == 3 else np.repeat(seen[..., None], 3, axis=2)


@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
def test_what_is_shown(layout: Layout) -> None:
    assert np.abs(shown(layout.data) - expected(layout)).mean() <= layout.far


def test_compressed_ones() -> None:
    pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
    pytest.importorskip("tifffile")
    wrong = [
        layout.name
        for layout in packed_layouts()
        if np.abs(shown(layout.data) - expected(layout)).mean() > layout.far
    ]
    assert wrong == []


def test_other_formats() -> None:
    pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
    for layout in other_formats():
        far = np.abs(shown(layout.data) - expected(layout)).mean()
        assert far <= layout.far, layout.name


@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.name)
def test_samples_are_those_of_a_second_decoder(layout: Layout) -> None:
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs", reason="tifffile needs it for odd depths")
    (directory,) = chain(layout.data, 2)
    own = layout_of(directory)
    found = read_samples(own, 1, Limits())
    with tifffile.TiffFile(io.BytesIO(layout.data)) as file:
        page = file.pages[0]
        other = page.asarray()
    if page.axes == "SYX":
        other = np.moveaxis(other, 0, -1)
    other = other if other.ndim == 3 else other[..., None]
    if own.bits == 24 and directory.data[:2] == b"MM":
        other = layout.samples[..., None]  # tifffile 2026.3.3 loses the order of the bytes
    assert np.array_equal(found.astype(other.dtype), other[..., : found.shape[2]], equal_nan=False
                          ) or _same(found, other)  # fmt: skip


def _same(found: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> bool:
    shown_only = other[..., : found.shape[2]]
    if shown_only.dtype == np.bool_:
        shown_only = shown_only.astype(np.uint8)
    return bool(np.array_equal(np.nan_to_num(found), np.nan_to_num(shown_only)))


def test_different_pictures_differ() -> None:
    labels = [(picture(seed, colour=False) // 64).astype(np.uint16) for seed in range(6)]
    seen = [shown(tiff(one, 1)) for one in labels]
    for n, one in enumerate(seen):
        for other in seen[n + 1 :]:
            assert np.abs(one - other).mean() > 20


@pytest.mark.parametrize("share", [0.2, 0.45, 0.55, 0.8, 0.99])
@pytest.mark.parametrize("kind", ["RGB 8 bits", "RGB 16 bits", "grey 16 bits"])
def test_a_cut_tail(kind: str, share: float) -> None:
    samples = {
        "RGB 8 bits": RGB,
        "RGB 16 bits": RGB.astype(np.uint16) * 257,
        "grey 16 bits": GREY.astype(np.uint16) * 257,
    }[kind]
    data = _head_first(samples, 2 if samples.ndim == 3 else 1)
    cut = data[: len(data) - round(samples.nbytes * (1 - share))]
    if share < 0.5:
        with pytest.raises(PictureFailed, match=r"truncated TIFF: \d+ % of it is missing"):
            decode(cut, FULL, Limits())
        return
    decoded = decode(cut, FULL, Limits())
    assert decoded.loss == f"the last {max(1, round(100 * (1 - share)))} % are missing"
    rows = int(HEIGHT * share) - 8
    seen = RGB if samples.ndim == 3 else np.repeat(GREY[..., None], 3, axis=2)
    assert np.array_equal(decoded.inputs["x"][:rows], seen[:rows])
    assert decode(data, FULL, Limits()).loss == ""


def _head_first(samples: npt.NDArray[np.generic], colour: int) -> bytes:
    """The same with its directory in front of its strips, so that a cut takes strips."""
    file = io.BytesIO()
    tifffile = pytest.importorskip("tifffile")
    photometric = "rgb" if colour == 2 else "minisblack"
    tifffile.imwrite(file, samples, photometric=photometric, rowsperstrip=7)
    return file.getvalue()


def test_damage_in_the_middle_is_damage() -> None:
    tifffile = pytest.importorskip("tifffile")
    file = io.BytesIO()
    wide = GREY.astype(np.uint16) * 257
    tifffile.imwrite(file, wide, compression="zlib", rowsperstrip=10)
    data = bytearray(file.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as made:
        at = made.pages[0].dataoffsets[3]
    data[at : at + 60] = bytes(60)
    with pytest.raises(PictureFailed, match="damaged TIFF") as caught:
        decode(bytes(data), FULL, Limits())
    assert caught.value.cause == "file"


@pytest.mark.parametrize("tile", [0, 32])
def test_a_picture_larger_than_memory_is_averaged_while_it_is_read(tile: int) -> None:
    wide = np.tile(RGB.astype(np.uint16) * 257, (20, 20, 1))
    data = tiff(wide, 2, tile=tile, rows=11)
    limits = Limits(memory_bytes=20_000_000)
    decoded = decode(data, {"x": InputSpec(480, "within")}, limits)
    assert (decoded.width, decoded.height) == (WIDTH * 20, HEIGHT * 20)
    whole = decode(data, {"x": InputSpec(480, "within")}, Limits())
    assert np.abs(decoded.inputs["x"].astype(int) - whole.inputs["x"]).mean() < 4


def test_averaging_leaves_out_what_was_not_measured() -> None:
    land = np.tile((GREY * 10.0 - 400).astype(np.float32), (16, 16))
    land[::2, ::2] = -9_999
    data = tiff(land, 1, rows=13, more={42113: ("s", b"-9999\0")})
    decoded = decode(data, {"x": InputSpec(512, "within")}, Limits(memory_bytes=10_000_000))
    assert decoded.inputs["x"].mean() == pytest.approx(GREY.mean(), abs=6)


def test_the_limits_hold_before_anything_is_decoded() -> None:
    tags = {256: ("I", [60_000]), 257: ("I", [60_000]), 258: ("H", [16]), 259: ("H", [1]),
            262: ("H", [0]), 277: ("H", [1]), 278: ("I", [60_000])}  # fmt: skip
    with pytest.raises(PictureSkipped, match="more than the limit") as caught:
        decode(written(tags, [b"\0" * 8]), FULL, Limits())
    assert caught.value.cause == "limit"
    tags |= {256: ("I", [100]), 257: ("I", [100]), 322: ("I", [60_000]), 323: ("I", [60_000])}
    del tags[278]
    with pytest.raises(PictureSkipped, match="a tile of 60000 x 60000 pixels needs") as caught:
        decode(written(tags, [b"\0" * 80_000], tiled=True), FULL, Limits())
    assert caught.value.cause == "limit"


def test_a_strip_that_grows_without_end_is_cut() -> None:
    import zlib

    tags = {256: ("I", [64]), 257: ("I", [64]), 258: ("H", [16]), 259: ("H", [8]),
            262: ("H", [1]), 277: ("H", [1]), 278: ("I", [64])}  # fmt: skip
    bomb = zlib.compress(bytes(200_000_000), 9)
    assert (shown(written(tags, [bomb]), Limits(memory_bytes=50_000_000)) == 0).all()


def test_in_a_child(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(65_535 - GREY.astype(np.uint16) * 257, 0))
    with DecodePool(FULL, workers=1) as pool:
        found = pool.decode(tmp_path / "a.tif")
    assert np.array_equal(found.inputs["x"][..., 0], GREY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_16_bits(orientation: int) -> None:
    wide = RGB.astype(np.uint16) * 257
    data = tiff(wide, 2, more={274: ("H", [orientation])})
    assert not is_plain(layout_of(next(iter(chain(data, 1)))))
    plain = Image.fromarray(RGB)
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
    if orientation > 1:
        plain = plain.transpose(Image.Transpose(turns[orientation]))
    decoded = decode(data, FULL, Limits())
    assert (decoded.width, decoded.height) == plain.size
    assert np.array_equal(decoded.inputs["x"], np.asarray(plain))
