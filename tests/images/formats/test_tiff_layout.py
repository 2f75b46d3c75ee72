"""What kinds of TIFF are read, and how one that isn't is called."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from sample_layouts import HEIGHT, WIDTH, picture, tiff, written

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.decode import decode
from lookalike.types import InputSpec, Limits

FULL = {"x": InputSpec(256, "within")}
GREY, RGB = picture(1, colour=False), picture(2)


def refused(data: bytes) -> tuple[str, str]:
    with pytest.raises(PictureSkipped) as caught:
        decode(data, FULL, Limits())
    assert "damaged" not in str(caught.value)
    return caught.value.cause, str(caught.value)


def claimed(compression: int, colour: int = 1, **tags: tuple[str, Any]) -> bytes:
    samples = RGB if colour in (2, 6) else GREY
    depth = samples.shape[2] if samples.ndim == 3 else 1
    return written(
        {
            256: ("I", [WIDTH]),
            257: ("I", [HEIGHT]),
            258: ("H", [16] * depth),
            259: ("H", [compression]),
            262: ("H", [colour]),
            277: ("H", [depth]),
            278: ("I", [HEIGHT]),
            **{int(tag): value for tag, value in tags.items()},
        },
        [samples.tobytes() * 2],
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (tiff(GREY.astype(np.complex64), 1), "complex float grey, no compression"),
        (claimed(1, **{"258": ("H", [5, 6, 5])}, **{"277": ("H", [3])}), "different depths"),
        (tiff(np.dstack([RGB, RGB]).astype(np.uint16), 5, extra=(0, 0), more={332: ("H", [2])}),
         "inks other than CMYK"),
        (tiff(RGB.astype(np.uint16), 32845), "16-bit LogLuv"),
        (tiff(RGB.astype(np.float32), 8), "32-bit float CIELAB"),
        (claimed(1, **{"32997": ("I", [4])}), "volumes"),
        (claimed(64_000), "number 64000 compression: this compression isn't read"),
        (tiff(RGB, 777), "photometric 777"),
        (tiff(np.dstack([GREY, GREY]).astype(np.uint16), 2), "too few"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_sound_file_of_another_kind_is_named(data: bytes, told: str) -> None:
    cause, reason = refused(data)
    assert cause == "kind"
    assert told in reason
    assert reason.startswith("TIFF of ")


@pytest.mark.parametrize(
    ("compression", "name"),
    [(34887, "LERC"), (50002, "JPEG XL"), (7, "JPEG"), (33003, "JPEG 2000")],
)
def test_what_an_extra_would_read(
    compression: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    cause, reason = refused(claimed(compression))
    assert cause == "extra"
    assert f"{name} compression: install lookalike[tiff]" in reason


@pytest.mark.parametrize("compression", ["jpegxl", "jpeg2000", "lerc", "webp", "png", "jpegxr"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_the_extra_reads_them(compression: str, kind: Any) -> None:
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
    import io

    if compression == "webp" and kind is np.uint16:
        pytest.skip("WebP has 8 bits")
    samples = RGB.astype(kind) * kind(1 if kind is np.uint8 else 257)
    for tile in (None, (32, 32)):
        file = io.BytesIO()
        tifffile.imwrite(file, samples, photometric="rgb", compression=compression, tile=tile)
        seen = decode(file.getvalue(), FULL, Limits()).inputs["x"].astype(int)
        assert np.abs(seen - RGB).mean() < 6


def test_12_bit_jpeg() -> None:
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs", reason="the extra tiff isn't installed")
    import io

    few = GREY.astype(np.uint16) * 16
    file = io.BytesIO()
    options = {"bitspersample": 12, "level": 98}
    tifffile.imwrite(file, few, compression="jpeg", compressionargs=options)
    data = file.getvalue()
    seen = decode(data, FULL, Limits()).inputs["x"][..., 0].astype(int)
    assert np.abs(seen - GREY).mean() < 4


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"256": ("I", [0])}, "0 x 90 pixels"),
        ({"322": ("H", [0]), "323": ("H", [16])}, "tiles of 0 x 16"),
        ({"277": ("H", [60_000])}, "60000 samples"),
    ],
)
def test_what_can_not_be_is_damaged(tags: dict[str, tuple[str, Any]], told: str) -> None:
    with pytest.raises(PictureFailed, match="damaged TIFF") as caught:
        decode(claimed(1, 0, **tags), FULL, Limits())
    assert told in str(caught.value)
