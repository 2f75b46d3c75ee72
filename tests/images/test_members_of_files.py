"""Files that hold several pictures: pages and frames."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import PictureError, PictureFailed, PictureSkipped, UsageError
from lookalike.images.decode import decode
from lookalike.images.members import member_kind, member_name, member_number
from lookalike.images.pool.messages import pack_decoded, unpack_answer
from lookalike.images.pool.pool import DecodePool
from lookalike.types import Decoded, InputSpec, Limits

SPEC = {"x": InputSpec(64, "within")}
COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]


def pages() -> list[Image.Image]:
    return [Image.new("RGB", (60 + 2 * n, 40), colour) for n, colour in enumerate(COLOURS)]


def frames() -> list[Image.Image]:
    return [Image.new("RGB", (60, 40), colour) for colour in COLOURS]


def saved(kind: str) -> bytes:
    file = io.BytesIO()
    options: dict[str, Any] = {"save_all": True}
    if kind == "TIFF":
        first, *rest = pages()
        first.save(file, "TIFF", append_images=rest, **options)
    elif kind == "HEIF":
        made = pillow_heif.HeifFile()
        for page in pages():
            made.add_from_pillow(page)
        made.save(file, quality=90)
    else:
        first, *rest = frames()
        lossless = {"lossless": True} if kind == "WEBP" else {}
        first.save(file, kind, append_images=rest, duration=100, **options, **lossless)
    return file.getvalue()


def colour_of(data: bytes, member: str, **options: Any) -> tuple[int, ...]:
    decoded = decode(data, SPEC, Limits(), member=member, **options)
    assert decoded.member == member
    return tuple(int(v) for v in np.median(decoded.inputs["x"].reshape(-1, 3), axis=0))


KINDS = {
    "TIFF": "page",
    "HEIF": "page",
    "GIF": "frame",
    "WEBP": "frame",
    "PNG": "frame",
    "AVIF": "frame",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_picture_is_read(kind: str) -> None:
    data = saved(kind)
    assert decode(data, SPEC, Limits()).members is None  # nobody counted
    assert decode(data, SPEC, Limits(), count=True).members == 4
    for number, expected in enumerate(COLOURS, 1):
        found = colour_of(data, member_name(KINDS[kind], number))  # type: ignore[arg-type]
        assert np.abs(np.subtract(found, expected)).max() <= 8


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_is_not_there(kind: str) -> None:
    with pytest.raises(PictureFailed, match=f"holds 4 pictures: there is no {KINDS[kind]}-5"):
        decode(saved(kind), SPEC, Limits(), member=f"{KINDS[kind]}-5")


@pytest.mark.parametrize("kind", [*KINDS, "JPEG", "BMP"])
def test_the_first_one_is_what_it_always_was(kind: str) -> None:
    file = io.BytesIO()
    frames()[0].save(file, kind)
    data = file.getvalue()
    plain, counted = decode(data, SPEC, Limits()), decode(data, SPEC, Limits(), count=True)
    assert counted.members == 1
    assert (plain.content_digest, plain.pixel_digest) == (
        counted.content_digest,
        counted.pixel_digest,
    )
    np.testing.assert_array_equal(plain.inputs["x"], counted.inputs["x"])


def test_all_have_the_digest_of_the_file_and_pixels_of_their_own() -> None:
    data = saved("TIFF")
    made = [decode(data, SPEC, Limits(), member=m) for m in ("", "page-2", "page-3")]
    assert len({one.content_digest for one in made}) == 1
    assert len({one.pixel_digest for one in made}) == 3
    assert [one.width for one in made] == [60, 62, 64]


def test_a_smaller_version_is_no_page() -> None:
    """As scanners and microscopes write them: reduced pictures on the same chain."""
    file = io.BytesIO()
    small = Image.new("RGB", (30, 20), COLOURS[1])
    small.encoderinfo = {"tiffinfo": {254: 1}}
    last = Image.new("RGB", (60, 40), COLOURS[2])
    last.encoderinfo = {"tiffinfo": {}}
    Image.new("RGB", (60, 40), COLOURS[0]).save(
        file, "TIFF", save_all=True, append_images=[small, last]
    )
    data = file.getvalue()
    assert decode(data, SPEC, Limits(), count=True).members == 2
    assert colour_of(data, "page-2") == COLOURS[2]


def test_limits_hold_for_each() -> None:
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(
        file, "TIFF", save_all=True, append_images=[Image.new("L", (400, 300))]
    )
    limits = Limits(pixels=10_000)
    assert decode(file.getvalue(), SPEC, limits).width == 10
    with pytest.raises(PictureSkipped, match="120,000 pixels"):
        decode(file.getvalue(), SPEC, limits, member="page-2")


def test_through_the_pool() -> None:
    data = saved("GIF")
    with DecodePool(SPEC, workers=1) as pool:
        first = pool.decode(data, count=True)
        assert (first.member, first.members) == ("", 4)
        third = pool.decode(data, member="frame-3")
        assert third.member == "frame-3"
        assert tuple(third.inputs["x"][0, 0]) == COLOURS[2]
        with pytest.raises(PictureFailed, match="no frame-9"):
            pool.decode(data, member="frame-9")
        with pytest.raises(UsageError, match="names no picture"):
            pool.decode(data, member="../2")


@given(st.integers(1, 10**9 - 1), st.sampled_from(["page", "frame"]))
def test_names_go_there_and_back(number: int, kind: Any) -> None:
    assert member_number(member_name(kind, number)) == number


@pytest.mark.parametrize(
    "name", ["page-0", "page-1x", "frame", "page--2", "Page-2", "page-02", " "]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="names no picture"):
        member_number(name)


def test_pictures_are_counted_from_one() -> None:
    with pytest.raises(UsageError, match="from 1 on"):
        member_name("page", 0)


def test_what_a_picture_is_called() -> None:
    assert member_kind("") == ""
    assert (member_kind("page-2"), member_kind("frame-30")) == ("page", "frame")
    for name in ("page-1", "frame-1"):  # the first one has no name
        with pytest.raises(UsageError, match="names no picture"):
            member_number(name)


@pytest.mark.parametrize("kind", KINDS)
def test_no_pages_among_frames(kind: str) -> None:
    other = {"page": "frame", "frame": "page"}[KINDS[kind]]
    with pytest.raises(PictureFailed, match=f"holds 4 pictures: there is no {other}-2"):
        decode(saved(kind), SPEC, Limits(), member=f"{other}-2")


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "JPEG2000", "GIF"])
def test_no_second_of_one(kind: str) -> None:
    file = io.BytesIO()
    frames()[0].save(file, kind)
    with pytest.raises(PictureFailed, match="holds 1 picture: there is no frame-2"):
        decode(file.getvalue(), SPEC, Limits(), member="frame-2")


def test_of_a_multi_picture_jpeg_the_first_counts() -> None:
    file = io.BytesIO()
    first, *others = frames()
    first.save(file, "MPO", save_all=True, append_images=others)
    decoded = decode(file.getvalue(), SPEC, Limits(), count=True)
    assert (decoded.format, decoded.members) == ("MPO", 1)


def test_a_name_for_bytes_takes_them_the_road_of_the_file(tmp_path: Path) -> None:
    data = saved("TIFF")
    (tmp_path / "x.nef").write_bytes(data)
    with DecodePool(SPEC, workers=1) as pool:
        assert pool.decode(data, name="x.tif").format == pool.decode(data).format == "TIFF"
        reasons = []
        for item, name in ((data, "x.NEF"), (tmp_path / "x.nef", "")):
            with pytest.raises(PictureError, match="camera raw") as caught:
                pool.decode(item, name=name)
            reasons.append(str(caught.value))
        assert reasons[0] == reasons[1]


def test_a_child_is_not_believed_about_members() -> None:
    made = decode(saved("GIF"), SPEC, Limits(), member="frame-2")
    header, body = pack_decoded(made)
    sent = bytearray(b"".join(body))
    answer = unpack_answer(header, sent, SPEC, "frame-2")
    assert isinstance(answer, Decoded)
    assert (answer.member, answer.members) == ("frame-2", 4)
    for change in ({"member": "frame-3"}, {"members": 0}, {"members": 10**9}, {"members": "x"}):
        with pytest.raises(ValueError, match=r"answer|invalid"):
            unpack_answer(header | change, sent, SPEC, "frame-2")
