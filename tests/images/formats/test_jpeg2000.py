"""JPEG 2000: reductions, deep samples and what Pillow doesn't know."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from pictures import scene
from PIL import Image

from lookalike.errors import PictureSkipped
from lookalike.images.decode import decode
from lookalike.images.formats.registry import FORMATS
from lookalike.types import InputSpec, Limits

FULL = {"x": InputSpec(4096, "within")}


def encoded(width: int, height: int, mode: str = "RGB", **options: object) -> bytes:
    file = io.BytesIO()
    scene(width, height).convert(mode).save(file, "JPEG2000", **options)
    return file.getvalue()


def reduced(data: bytes, least: tuple[int, int]) -> tuple[int, int]:
    made = FORMATS["JPEG2000"]
    found = made.reduced(made.open(data, Limits()), data, least, Limits())
    return (found.load() if found.load else found.image).size


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("options", [{}, {"irreversible": True}, {"no_jp2": True}], ids=str)
def test_levels_are_used_down_to_what_is_wanted(mode: str, options: dict[str, bool]) -> None:
    data = encoded(2048, 1536, mode, **options)
    assert reduced(data, (512, 384)) == (512, 384)
    assert reduced(data, (513, 384)) == (1024, 768)
    assert reduced(data, (2000, 384)) == (2048, 1536)
    decoded = decode(data, {"x": InputSpec(512, "within")}, Limits())
    assert (decoded.width, decoded.height) == (2048, 1536)
    image = scene(2048, 1536).convert(mode).convert("RGB")
    small = np.asarray(image.resize((512, 384), Image.Resampling.BOX)).astype(int)
    assert np.abs(decoded.inputs["x"] - small).mean() < 3


@pytest.mark.parametrize("size", [(2047, 1535), (2001, 1501), (2050, 1538), (1999, 1111)])
def test_odd_sizes_decode(size: tuple[int, int]) -> None:
    width, height = reduced(encoded(*size), (300, 200))
    assert 300 <= width <= size[0]
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)


def test_no_more_levels_than_the_file_has() -> None:
    assert reduced(encoded(2048, 1536, num_resolutions=2), (100, 100)) == (1024, 768)
    assert reduced(encoded(2048, 1536, num_resolutions=1), (100, 100)) == (2048, 1536)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("colour", [True, False])
def test_deep_samples(bits: int, colour: bool) -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
    image = np.asarray(scene(120, 90)).copy()
    image[:20, :30] = 255  # Pillow makes black of it
    seen = image if colour else image[..., 0]
    deep = (seen.astype(np.uint32) * ((1 << bits) - 1) // 255).astype(np.uint16)
    data = codecs.jpeg2k_encode(deep, level=0, bitspersample=bits)
    found = decode(data, FULL, Limits()).inputs["x"].astype(int)
    expected = seen if colour else np.repeat(seen[..., None], 3, axis=2)
    assert np.abs(found - expected).max() <= 1


def test_transparency_of_deep_samples() -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
    image = np.asarray(scene(120, 90)).astype(np.uint16) * 257
    alpha = np.full((90, 120, 1), 65_535, np.uint16)
    alpha[40:] = 0
    data = codecs.jpeg2k_encode(np.concatenate([image, alpha], axis=2), level=0)
    found = decode(data, FULL, Limits()).inputs["x"]
    assert (found[40:] == 255).all()
    assert np.abs(found[:40].astype(int) - (image[:40] >> 8)).max() <= 1


def test_without_the_extra_the_loss_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    codecs = pytest.importorskip("imagecodecs")
    deep = np.asarray(scene(120, 90)).astype(np.uint16) * 257
    data = codecs.jpeg2k_encode(deep, level=0)
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    assert "install lookalike[tiff]" in decode(data, FULL, Limits()).loss


def test_more_channels_than_are_read() -> None:
    codecs = pytest.importorskip("imagecodecs", reason="it writes them")
    five = np.zeros((40, 30, 5), np.uint8)
    with pytest.raises(PictureSkipped, match="JPEG 2000 of 5 channels of 8 bits") as caught:
        decode(codecs.jpeg2k_encode(five, level=0), FULL, Limits())
    assert caught.value.cause == "kind"
