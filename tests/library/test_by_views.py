"""A picture that another one holds finds it, whichever way the other one shows it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.encoders import registry
from lookalike.images.parts.views import held, views
from lookalike.library import Library
from lookalike.library.by_views import ask_views_by_hash
from lookalike.library.candidates import Found
from lookalike.library.opening import open_library
from lookalike.road import Road

TURNS = [None, *Image.Transpose]


def scene(seed: int) -> Image.Image:
    """Soft shapes, as a photograph has, and no plain line."""
    noise = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((360, 270), Image.Resampling.BICUBIC)


def bordered(picture: Image.Image) -> Image.Image:
    page = Image.new("RGB", (picture.width + 200, picture.height + 120), (250, 250, 250))
    page.paste(picture, (140, 40))
    return page


def test_the_boxes_are_where_the_views_are() -> None:
    pixels = np.asarray(bordered(scene(1)))
    found = held(pixels)
    assert found
    height, width = pixels.shape[:2]
    for one in found:
        left, top, right, bottom = one.box
        cut = pixels[
            round(top * height) : round(bottom * height), round(left * width) : round(right * width)
        ]
        np.testing.assert_array_equal(cut, one.pixels)
    assert len(views(pixels)) == 1 + len(found)


def test_a_photograph_holds_nothing() -> None:
    assert held(np.asarray(scene(2))) == []


@pytest.mark.parametrize("turn", TURNS)
def test_a_bordered_copy_is_proposed_for_its_inside(
    tmp_path: Path, turn: Image.Transpose | None
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(3):
        scene(10 + seed).save(pictures / f"{seed}.png")
    asked = scene(5)
    shown = asked if turn is None else asked.transpose(turn)
    bordered(shown).save(pictures / "bordered.png")
    path = tmp_path / "test.lookalike"
    with Library.open(path) as library:
        library.index(pictures)
        (hit, *_) = library.search(asked, k=3).hits
        assert Path(hit.path).name == "bordered.png"
        assert hit.kind in ("edited", "part")
    store, engine = open_library(path, create=False, read_only=True)
    with closing(store), closing(engine):
        row = next(encoder for encoder in store.encoders() if encoder.slot == "pdq")
        table = engine.tables([row])[row.id]
        hash_of = registry.perceptual(row.fingerprint)
        assert hash_of is not None
        with Road({"pdq": hash_of()}) as road:
            question = road.question(asked)
        found = Found(question)
        ask_views_by_hash(table, [found])
    (candidate,) = found.candidates.values()
    assert candidate.kind == "edited"
    right, bottom = 140 + shown.width, 40 + shown.height
    width, height = shown.width + 200, shown.height + 120
    expected = (140 / width, 40 / height, right / width, bottom / height)
    assert candidate.part == pytest.approx(expected, abs=0.01)
