from __future__ import annotations

import io

import numpy as np
import pytest
from pictures import encode, scene
from PIL import Image

from lookalike.errors import PictureFailed, UsageError
from lookalike.images.pool.pool import DecodePool
from lookalike.sheets.contact_sheet import Cell, contact_sheet
from lookalike.sheets.lettering import legible, shorten, wrap
from lookalike.sheets.thumbnail import thumbnail, thumbnail_jpeg
from lookalike.types import InputSpec


def cells(n: int) -> list[Cell]:
    pixels = np.full((60, 80, 3), (200, 30, 30), np.uint8)
    return [Cell(f"{i}.jpg", pixels, "edited", [f"pdq {i} of 256 bits"]) for i in range(n)]


def test_the_query_is_framed_and_hits_have_their_kind() -> None:
    sheet = contact_sheet(cells(1)[0], cells(7), columns=4, cell=100)
    assert sheet.mode == "RGB"
    assert sheet.width == pytest.approx(2 * 4 * 118, abs=100)
    colours = {colour for _, colour in sheet.getcolors(1 << 24) or []}
    assert (213, 94, 0) in colours
    assert (200, 30, 30) in colours
    assert contact_sheet(cells(1)[0], cells(8), columns=4, cell=100).height > sheet.height


def test_a_missing_thumbnail_is_grey_with_its_reason() -> None:
    query = Cell("q", None, reason="can't be read: \udcff " + "long " * 50)
    sheet = contact_sheet(query, [], cell=100)
    assert (228, 230, 234) in {colour for _, colour in sheet.getcolors(1 << 24) or []}


def test_any_thumbnail_can_be_drawn() -> None:
    for shape in ((1, 1), (1, 4000), (4000, 1), (33, 70), (300, 300)):
        cell = Cell("n" * 300, np.zeros((*shape, 3), np.uint8), "alike", ["x" * 300, "\n\udc80"])
        contact_sheet(cell, [cell], title="t" * 1000, cell=80)


def test_wrong_layout_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 2 of at least 80"):
        contact_sheet(cells(1)[0], [], columns=1)
    with pytest.raises(UsageError):
        contact_sheet(cells(1)[0], [], cell=10)


def test_what_cannot_be_drawn_is_escaped() -> None:
    assert legible("plain name.jpg", 12)[0] == "plain name.jpg"
    assert legible("a\udce9b\nc\x1b\u202e\ud800", 12)[0] == "a\\xe9b\\nc\\x1b\\u202e\\ud800"


def test_shortening_keeps_both_ends() -> None:
    text, font = legible("a very long name of a picture, number 0123456789.jpeg", 20)
    short = shorten(text, font, 200)
    assert font.getlength(short) <= 200
    assert short.startswith("a very")
    assert short.endswith(".jpeg")
    assert shorten("short", font, 200) == "short"
    assert " ".join(wrap("some words to wrap", font, 100)) == "some words to wrap"


def test_thumbnails() -> None:
    image = scene(640, 480)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(image, "JPEG", exif=exif)
    with DecodePool({"other": InputSpec(8, "stretch")}, workers=1) as pool:
        assert thumbnail(pool, data, 100).size == (75, 100)
        assert thumbnail(pool, encode(scene(30, 20), "PNG"), 100).size == (30, 20)
        small = Image.open(io.BytesIO(thumbnail_jpeg(pool, data, 64)))
        assert small.size == (48, 64)
        assert not small.getexif()
        for size in (0, 5000):
            with pytest.raises(UsageError, match="from 1 to 4096"):
                thumbnail(pool, data, size)
        with pytest.raises(PictureFailed):
            thumbnail(pool, "/nonexistent.jpg")
