"""Counting and reaching the pages of TIFF files."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

import numpy as np
import pytest
from pictures import profile_with_red_and_green_exchanged
from PIL import Image, TiffImagePlugin

from lookalike.errors import PictureFailed
from lookalike.images.decode import decode
from lookalike.types import InputSpec, Limits

SPEC = {"x": InputSpec(64, "within")}
COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]


def tiff(pages: list[Image.Image], tags: list[dict[int, Any]], **options: Any) -> bytes:
    """A file of these pages, each with tags of its own."""
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file, True) as out:
        for page, own in zip(pages, tags, strict=True):
            info = TiffImagePlugin.ImageFileDirectory_v2()
            for tag, value in own.items():
                info[tag] = value
            page.save(out, "TIFF", tiffinfo=info, **options)
            out.newFrame()
    return file.getvalue()


def pages(count: int = 3) -> list[Image.Image]:
    return [Image.new("RGB", (60, 40), colour) for colour in COLOURS[:count]]


def colour(data: bytes, member: str) -> tuple[int, ...]:
    pixels = decode(data, SPEC, Limits(), member=member).inputs["x"]
    return tuple(int(v) for v in pixels[0, 0])


def held(data: bytes) -> int | None:
    return decode(data, SPEC, Limits(), count=True).members


def by_hand(order: str, kinds: list[int | None], *, big: bool = False, loop: bool = False) -> bytes:
    """Grey pages of one pixel, whose value is their number; NewSubfileType where it is given."""
    link, count = ("Q", "Q") if big else ("I", "H")
    start = 16 if big else 8
    mark = b"II" if order == "<" else b"MM"
    head = mark + (
        struct.pack(order + "HHHQ", 43, 8, 0, start)
        if big
        else struct.pack(order + "HI", 42, start)
    )
    body = b""
    for number, kind in enumerate(kinds):
        at = start + len(body)
        entries = [] if kind is None else [(254, 4, kind)]
        entries += [(256, 3, 1), (257, 3, 1), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
        pixel_at = at + struct.calcsize(order + count) + (len(entries) + 3) * (20 if big else 12)
        pixel_at += struct.calcsize("=" + link)
        entries += [(273, 4, pixel_at), (278, 3, 1), (279, 4, 1)]
        made = struct.pack(order + count, len(entries))
        for tag, width, value in entries:
            packed = struct.pack(order + ("H" if width == 3 else "I"), value)
            made += struct.pack(order + "HH" + link, tag, width, 1)
            made += packed.ljust(8 if big else 4, b"\0")
        following = pixel_at + 2 if number + 1 < len(kinds) else start if loop else 0
        body += made + struct.pack(order + link, following)
        body += bytes((number, 0))
    return head + body


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_what_is_no_page_is_passed_over(order: str, big: bool) -> None:
    data = by_hand(order, [0, 1, None, 4, 2, 5], big=big)
    assert held(data) == 3
    for member, value in (("", 0), ("page-2", 2), ("page-3", 4)):
        assert colour(data, member) == (value, value, value)
    with pytest.raises(PictureFailed, match="holds 3 pictures: there is no page-4"):
        colour(data, "page-4")


def test_the_first_stays_the_first_whatever_it_says() -> None:
    assert held(by_hand("<", [1, 0, 1])) == 2
    assert colour(by_hand("<", [1, 0, 1]), "") == (0, 0, 0)


@pytest.mark.parametrize("big", [False, True])
def test_a_chain_that_comes_back_to_itself_ends(big: bool) -> None:
    assert held(by_hand("<", [0, 0, 0], big=big, loop=True)) == 3


def test_the_old_tag_for_reduced_pictures() -> None:
    assert held(tiff(pages(), [{}, {255: 2}, {255: 3}])) == 2


def test_a_broken_chain_ends_where_it_breaks() -> None:
    data = by_hand("<", [0, 0, 0])
    assert held(data[:-60]) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the children do
        assert held(data[: len(data) // 3 + 6]) == 1


def test_orientation_and_transparency_of_a_later_page() -> None:
    turned = Image.new("RGB", (60, 40), COLOURS[0])
    turned.paste((0, 0, 0), (0, 0, 60, 10))
    data = tiff([pages()[0], turned], [{}, {274: 6}])
    decoded = decode(data, SPEC, Limits(), member="page-2")
    assert (decoded.width, decoded.height) == (40, 60)
    expected = np.asarray(turned.transpose(Image.Transpose.ROTATE_270))
    assert np.array_equal(decoded.inputs["x"], expected)
    first = decode(data, SPEC, Limits())
    assert (first.width, first.height) == (60, 40)
    clear = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    assert colour(tiff([pages()[0], clear], [{}, {}]), "page-2") == (255, 255, 255)


def test_a_page_has_no_profile_but_its_own() -> None:
    swapped = profile_with_red_and_green_exchanged()
    one, other = pages(2)
    data = tiff([one, other, other], [{34675: swapped}, {}, {34675: swapped}])
    assert colour(data, "page-2") == COLOURS[1]
    assert colour(data, "page-3")[0] > 150  # as green as it was, shown as red
    assert colour(data, "")[1] > 150
