"""What files say of how their pictures were taken, in every format that can say it."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import scene
from PIL import Image

from lookalike.images.decode import decode
from lookalike.shot import Shot
from lookalike.types import InputSpec, Limits

INPUTS = {"small": InputSpec(64, "within")}
WRITTEN = Shot(
    "2019-06-01T12:34:56.780",
    120,
    "Canon EOS R5",
    "RF50mm F1.2",
    "GIMP 2.10",
    1,
    48.1375,
    -11.5,
    -3.5,
)


def exif(**changed: Any) -> Image.Exif:
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x0131] = "Canon", "Canon EOS R5\0 ", "GIMP  2.10"
    made[0x0132] = "2022:01:01 00:00:00"  # of the last change: no date on which it was taken
    more = made.get_ifd(0x8769)
    more[0x9003], more[0x9291], more[0x9011] = "2019:06:01 12:34:56", "78", "+02:00"
    more[0xA434] = "RF50mm F1.2"
    gps = made.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 8.0, 15.0), "W", (11.0, 30.0, 0.0)
    gps[5], gps[6] = b"\1", 3.5
    for name, value in changed.items():
        place, tag = name.split("_")
        {"first": made, "more": more, "gps": gps}[place][int(tag, 16)] = value
    made[0x8769], made[0x8825] = dict(more), dict(gps)  # Pillow's TIFF writer wants them so
    return made


def saved(kind: str, block: Image.Exif | None, **options: Any) -> bytes:
    pillow_heif.register_heif_opener()
    out = BytesIO()
    scene(96, 64).save(out, kind, **({} if block is None else {"exif": block}), **options)
    return out.getvalue()


def shot(data: bytes) -> Shot | None:
    return decode(data, INPUTS, Limits()).shot


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_every_format_that_can_say_it(kind: str) -> None:
    found = shot(saved(kind, exif()))
    assert found == WRITTEN


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_file_that_says_nothing(kind: str) -> None:
    assert shot(saved(kind, None)) is None


def test_the_orientation_alone_is_said() -> None:
    block = Image.Exif()
    block[0x0112] = 6
    assert shot(saved("JPEG", block)) == Shot(orientation=6)


@pytest.mark.parametrize(
    ("changed", "name", "value"),
    [
        ({"more_9003": "0000:00:00 00:00:00"}, "taken", None),
        ({"more_9003": "2019:13:01 12:34:56"}, "taken", None),
        ({"more_9003": "0001:01:01 12:34:56"}, "taken", None),
        ({"more_9003": "soon"}, "taken", None),
        ({"more_9291": "none"}, "taken", "2019-06-01T12:34:56"),
        ({"more_9011": "+99:00"}, "offset", None),
        ({"first_010f": "NIKON CORPORATION", "first_0110": "NIKON D90"}, "camera", "NIKON D90"),
        ({"first_010f": "Apple", "first_0110": "iPhone 12"}, "camera", "Apple iPhone 12"),
        ({"first_0131": "a\x1b[31mb\n" + "x" * 500}, "software", ("a [31mb " + "x" * 500)[:100]),
        ({"gps_2": (91.0, 0.0, 0.0)}, "latitude", None),
        ({"gps_1": "X"}, "longitude", None),
        ({"gps_9": "V"}, "latitude", None),
        ({"gps_2": (0.0, 0.0, 0.0), "gps_4": (0.0, 0.0, 0.0)}, "latitude", None),
    ],
)
def test_what_makes_no_sense_is_passed_over(
    changed: dict[str, Any], name: str, value: object
) -> None:
    found = shot(saved("JPEG", exif(**changed)))
    assert found is not None
    assert getattr(found, name) == value


def test_xmp_says_what_exif_leaves_out() -> None:
    xmp = (
        b'<x:xmpmeta><rdf:Description exif:DateTimeOriginal="2020-02-03T04:05:06.7+01:00"'
        b' tiff:Make="FUJIFILM" tiff:Model="X-T3"><aux:Lens>XF35mm</aux:Lens>'
        b"</rdf:Description></x:xmpmeta>"
    )
    expected = Shot("2020-02-03T04:05:06.700", 60, "FUJIFILM X-T3", "XF35mm")
    assert shot(saved("JPEG", None, xmp=xmp)) == expected
    with_both = shot(saved("JPEG", exif(), xmp=xmp))
    assert with_both == WRITTEN


@given(seed=st.integers(0, 2**32 - 1))
def test_damage_never_costs_the_picture(seed: int) -> None:
    data = bytearray(saved("JPEG", exif()))
    begin = data.index(b"Exif\0\0") + 6
    end = begin + len(exif().tobytes()) - 6
    generator = np.random.default_rng(seed)
    for at in generator.integers(begin, end, 12):
        data[at] = generator.integers(256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the children do
        assert decode(bytes(data), INPUTS, Limits()).width in (64, 96)
