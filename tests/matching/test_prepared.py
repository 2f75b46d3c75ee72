"""Pictures made ready: what is kept of them says the same as what is made anew."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from lookalike.errors import PictureFailed, UsageError
from lookalike.images.preview import preview_of
from lookalike.matching.look import look
from lookalike.matching.prepared import pack, prepare, unpack
from lookalike.matching.view import View


def picture(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (20, 26, 3), np.uint8)
    return Image.fromarray(noise).resize((220, 170), Image.Resampling.BICUBIC)


def view(image: Image.Image, name: bytes) -> View:
    return View(np.asarray(image), image.size, name)


def test_what_is_kept_is_what_was_made() -> None:
    framed = ImageOps.expand(picture(1), 18, (250, 250, 250))
    made = prepare(view(framed, b"a"))
    assert len(made.areas) == 2
    again = prepare(View(made.view.pixels, framed.size, b"a"), unpack(pack(made)))
    assert again.areas == made.areas
    assert np.array_equal(again.features.points, made.features.points)
    assert np.array_equal(again.features.descriptors, made.features.descriptors)
    assert np.array_equal(again.small, made.small)
    other = prepare(view(picture(1), b"b"))
    assert look(again, other).kind == look(made, other).kind == "edited"


@pytest.mark.parametrize("data", [b"", b"\1", b"\xff" * 90, b"\0nothing"])
def test_what_is_damaged_is_told(data: bytes) -> None:
    with pytest.raises(UsageError):
        unpack(data)
    made = pack(prepare(view(picture(2), b"a")))
    for wrong in (made[:-1], made[:40], made + b"x", made[:-9] + b"x" + made[-8:]):
        with pytest.raises(UsageError):
            unpack(wrong)


def test_areas_of_another_picture_are_made_anew() -> None:
    small = prepare(view(picture(3).crop((0, 0, 60, 50)), b"a"))
    large = prepare(view(picture(3), b"b"))
    assert prepare(small.view, unpack(pack(large))).areas == small.areas


def test_a_preview_is_decoded_when_it_is_looked_at() -> None:
    made = prepare(view(picture(4), b"a"))
    kept = unpack(pack(made))
    again = prepare(View(b"no JPEG", (220, 170), b"a"), kept)
    assert again.size == made.size
    assert not again.is_new
    assert np.array_equal(again.directions, made.directions)
    with pytest.raises(PictureFailed, match="damaged"):
        look(again, made)
    other = View(preview_of(np.asarray(picture(5).resize((50, 40)))), (220, 170), b"b")
    with pytest.raises(PictureFailed, match="50 x 40 is another"):
        look(prepare(other, kept), made)


def test_features_are_new_once_they_were_needed() -> None:
    first, second = prepare(view(picture(6), b"a")), prepare(view(picture(6), b"b"))
    assert look(first, second).kind == "edited"  # by the wholes alone
    assert not first.is_new
    assert look(first, prepare(view(picture(7), b"c"))).kind == "alike"
    assert first.is_new
