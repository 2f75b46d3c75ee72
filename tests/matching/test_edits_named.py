"""Edits are named, and nothing else is; asked the other way round the names are the inverse."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from lookalike.evaluation.edits import EDITS
from lookalike.images.fitting import fit
from lookalike.match import EditName, NamedEdit
from lookalike.matching.edits import inverted, name_edits
from lookalike.matching.edits_laid import inverse
from lookalike.matching.verdict import Transform, Verdict
from lookalike.matching.view import PREVIEW, View

WHOLE = np.array([[1.0, 0, 0], [0, 1, 0]])
MIRRORED = np.array([[-1.0, 0, 1], [0, 1, 0]])
FLIPPED = np.array([[1.0, 0, 0], [0, -1, 1]])
TURNED = {  # clockwise, of the copy
    90: np.array([[0, 1.0, 0], [-1, 0, 1]]),
    180: np.array([[-1.0, 0, 1], [0, -1, 1]]),
    270: np.array([[0, -1.0, 1], [1, 0, 0]]),
}
ORIGINALS = {"cat": "chelsea", "cup": "coffee", "woman": "astronaut"}


def photo(name: str) -> Image.Image:
    made: Any = getattr(skimage.data, name)
    return Image.fromarray(made())


def jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def view(image: Image.Image, name: bytes, quality: int = 90) -> View:
    """A picture that was saved, then made a preview, as a library keeps it."""
    data = jpeg(image, quality)
    small = opened(jpeg(fit(opened(data), PREVIEW), 80))
    return View(np.asarray(small), image.size, name, format="JPEG", file_bytes=len(data))


@pytest.fixture(scope="module", params=ORIGINALS)
def original(request: pytest.FixtureRequest) -> Image.Image:
    return photo(ORIGINALS[request.param])


def verdict(transform: Transform) -> Verdict:
    return Verdict("edited", 1.0, transform=np.array(transform, np.float64))


def named(
    original: Image.Image, copy: Image.Image, transform: Transform = WHOLE, quality: int = 90
) -> tuple[NamedEdit, ...]:
    """What was done to get the copy, which is the query; it has to be the inverse if it is not."""
    query, hit = view(copy, b"b", quality), view(original, b"a")
    edits = name_edits(query, hit, verdict(transform))
    back = name_edits(hit, query, verdict(inverse(np.asarray(transform))))
    assert_same(inverted(edits), back)
    return edits


def assert_same(edits: tuple[NamedEdit, ...], others: tuple[NamedEdit, ...]) -> None:
    """Equal but for the last digits."""
    assert len(edits) == len(others)
    for edit, other in zip(edits, others, strict=True):
        assert (edit.name, edit.of, edit.degrees, edit.at) == (
            other.name,
            other.of,
            other.degrees,
            other.at,
        )
        assert other.factor == (edit.factor and pytest.approx(edit.factor, rel=1e-4))
        assert other.amount == (edit.amount and pytest.approx(edit.amount, rel=1e-4))


def names(edits: tuple[NamedEdit, ...]) -> list[EditName]:
    return [edit.name for edit in edits]


def only(edits: tuple[NamedEdit, ...]) -> NamedEdit:
    assert len(edits) == 1, edits
    return edits[0]


def test_a_picture_that_was_saved_anew(original: Image.Image) -> None:
    assert only(named(original, original, quality=60)) == NamedEdit("recompress", of="query")


def test_which_was_compressed_more_is_told_by_the_tables_of_both() -> None:
    image = photo("chelsea")
    query, hit = view(image, b"b", 60), view(image, b"a", 90)
    edits = name_edits(replace(query, quality=60), replace(hit, quality=90), verdict(WHOLE))
    assert only(edits) == NamedEdit("recompress", of="query")
    dark = view(EDITS["brightness"](image, 1), b"b", 15)
    edits = name_edits(replace(dark, quality=15), replace(hit, quality=90), verdict(WHOLE))
    assert names(edits) == ["brightness", "recompress"]


def test_mirrors_and_turns(original: Image.Image) -> None:
    assert only(named(original, ImageOps.mirror(original), MIRRORED)) == NamedEdit("mirror")
    flip = named(original, ImageOps.flip(original), FLIPPED)
    assert flip == (NamedEdit("mirror"), NamedEdit("rotate", degrees=180))
    for degrees, transform in TURNED.items():
        copy = original.rotate(-degrees, expand=True)
        wanted = degrees if degrees <= 180 else degrees - 360
        assert only(named(original, copy, transform)) == NamedEdit("rotate", degrees=wanted)


def test_a_turn_by_a_few_degrees() -> None:
    image = photo("coffee")
    width, height = image.size
    copy = image.rotate(-5, Image.Resampling.BICUBIC)  # clockwise
    angle = np.deg2rad(-5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    sides = np.diag([width, height])
    linear = np.linalg.inv(sides) @ turn @ sides
    transform = np.column_stack([linear, [0.5, 0.5] - linear @ [0.5, 0.5]])
    edit = only(named(image, copy, transform))
    assert edit.name == "rotate"
    assert edit.degrees == pytest.approx(5, abs=0.3)


@pytest.mark.parametrize("factor", [0.4, 0.75, 1.6])
def test_sizes(original: Image.Image, factor: float) -> None:
    size = round(factor * original.width), round(factor * original.height)
    edit = only(named(original, original.resize(size, Image.Resampling.LANCZOS)))
    assert edit.name == "resize"
    assert edit.factor == pytest.approx(factor, rel=0.01)


def test_another_aspect() -> None:
    image = photo("chelsea")
    wide = image.resize((round(1.3 * image.width), image.height), Image.Resampling.BICUBIC)
    edit = only(named(image, wide))
    assert edit.name == "stretch"
    assert edit.factor == pytest.approx(1.3, rel=0.01)


def inside(copy: Image.Image, left: int, top: int, right: int, bottom: int) -> Transform:
    """The transform of a copy that shows the whole original in that box."""
    l, t, r, b = left / copy.width, top / copy.height, right / copy.width, bottom / copy.height  # noqa: E741
    return np.array([[1 / (r - l), 0, -l / (r - l)], [0, 1 / (b - t), -t / (b - t)]])


def test_borders(original: Image.Image) -> None:
    copy = EDITS["border-20"](original, 4)
    transform = inside(copy, 20, 20, copy.width - 20, copy.height - 20)
    assert only(named(original, copy, transform)) == NamedEdit("border", of="query")


def test_a_screenshot_is_no_border_and_its_scale_no_edit(original: Image.Image) -> None:
    for seed in range(4):
        copy = EDITS["screenshot"](original, seed)
        marker = np.asarray(EDITS["screenshot"](Image.new("RGB", original.size, "#f0f"), seed))
        rows, columns = np.nonzero(
            (marker[..., 0] > 200) & (marker[..., 1] < 60) & (marker[..., 2] > 200)
        )
        box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        edits = named(original, copy, inside(copy, *(int(side) for side in box)))
        assert only(edits) == NamedEdit("screenshot", of="query")


def test_grey(original: Image.Image) -> None:
    assert only(named(original, EDITS["grey"](original))) == NamedEdit("grey", of="query")


def test_brighter_and_darker(original: Image.Image) -> None:
    brighter = only(named(original, ImageEnhance.Brightness(original).enhance(1.4)))
    darker = only(named(original, ImageEnhance.Brightness(original).enhance(0.6)))
    assert brighter.name == darker.name == "brightness"
    assert brighter.amount is not None
    assert brighter.amount > 10
    assert darker.amount is not None
    assert darker.amount < -10


def test_contrast_is_no_brightness(original: Image.Image) -> None:
    for factor in (0.5, 1.5):
        edit = only(named(original, ImageEnhance.Contrast(original).enhance(factor)))
        assert edit.name == "contrast"
        assert edit.amount == pytest.approx(factor, rel=0.2)


def test_colours(original: Image.Image) -> None:
    vivid = ImageEnhance.Color(original).enhance(2)
    warm = Image.fromarray(
        np.clip(np.asarray(original) * np.array([1.2, 1, 0.75]), 0, 255).astype(np.uint8)
    )
    for copy in (vivid, warm):
        edit = only(named(original, copy))
        assert edit.name == "colour"
        assert edit.of in (None, "query")  # vivid colours that are cut off look like few levels


def test_which_one_has_fewer_levels(original: Image.Image) -> None:
    posterised = EDITS["posterise"](original, 1)
    assert only(named(original, posterised)) == NamedEdit("colour", of="query")
    assert only(named(posterised, original)) == NamedEdit("colour", of="hit")


@pytest.mark.parametrize(
    ("change", "of"),
    [
        (lambda image: ImageEnhance.Brightness(image).enhance(1.5), "query"),
        (lambda image: ImageEnhance.Contrast(image).enhance(2.0), "query"),
        (lambda image: ImageEnhance.Brightness(image).enhance(0.6), "query"),  # at black
        (lambda image: ImageEnhance.Contrast(image).enhance(0.6), None),
    ],
    ids=["brighter", "more contrast", "darker", "less contrast"],
)
def test_which_one_lost_levels(
    change: Callable[[Image.Image], Image.Image], of: str | None
) -> None:
    cat = photo("chelsea").crop((60, 0, 360, 300))
    edit = only(named(cat, change(cat)))
    assert edit.name in ("brightness", "contrast")
    assert edit.of == of


def test_what_was_white_before_says_nothing() -> None:
    paper = photo("page").convert("RGB").point(lambda level: min(255, 2 * level))
    edits = named(paper, ImageEnhance.Brightness(paper).enhance(0.6))
    assert {edit.of for edit in edits if edit.name in ("brightness", "contrast")} == {None}


def test_blur_says_how_far(original: Image.Image) -> None:
    edit = only(named(original, EDITS["blur"](original, 2)))
    assert edit.name == "blur"
    assert edit.amount is not None
    assert 0.005 < edit.amount < 0.03


def test_noise(original: Image.Image) -> None:
    # Of the size of the preview, else it is lost in that.
    small = fit(original, PREVIEW)
    edit = only(named(small, EDITS["noise"](small, 2)))
    assert edit.name == "noise"
    assert edit.amount is not None
    assert edit.amount > 3


def text(image: Image.Image) -> tuple[Image.Image, tuple[float, float, float, float]]:
    copy = image.copy()
    box = 0.2 * image.width, 0.6 * image.height, 0.7 * image.width, 0.7 * image.height
    pen = ImageDraw.Draw(copy)
    pen.rectangle(box, "white")
    pen.text((box[0] + 8, box[1] + 4), "for sale", "black", font_size=0.07 * image.height)
    return copy, (0.2, 0.6, 0.7, 0.7)


def test_what_is_laid_over_has_a_place(original: Image.Image) -> None:
    copy, box = text(original)
    edit = only(named(original, copy))
    assert (edit.name, edit.of) == ("overlay", "query")
    assert edit.at == pytest.approx(box, abs=0.05)


def test_its_place_is_one_in_the_picture_that_has_it() -> None:
    image = photo("chelsea")
    copy, (left, top, right, bottom) = text(image)
    edits = named(image, ImageOps.mirror(copy), MIRRORED)
    assert names(edits) == ["mirror", "overlay"]
    assert edits[1].at == pytest.approx((1 - right, top, 1 - left, bottom), abs=0.03)


def test_a_part_has_edits_of_its_own_and_no_border() -> None:
    image = photo("coffee")
    copy = EDITS["grey"](image.crop((150, 100, 450, 300)))
    shown = np.array([[0.5, 0, 0.25], [0, 0.5, 0.25]])
    found = Verdict("part", 1.0, transform=shown)
    assert names(name_edits(view(copy, b"b"), view(image, b"a"), found)) == ["grey"]


def test_nothing_is_named_where_nothing_was_found() -> None:
    image = photo("chelsea")
    assert name_edits(view(image, b"a"), view(image, b"b"), Verdict("alike", 0.1)) == ()


EDIT = st.one_of(
    st.builds(NamedEdit, st.sampled_from(["mirror", "colour"])),
    st.builds(
        NamedEdit,
        st.just("rotate"),
        degrees=st.one_of(st.sampled_from([90.0, -90.0, 180.0]), st.floats(-179, 179)),
    ),
    st.builds(NamedEdit, st.sampled_from(["resize", "stretch"]), factor=st.floats(0.01, 100)),
    st.builds(NamedEdit, st.sampled_from(["brightness", "noise"]), amount=st.floats(-200, 200)),
    st.builds(NamedEdit, st.just("contrast"), amount=st.floats(0.1, 10)),
    st.builds(
        NamedEdit,
        st.sampled_from(["border", "overlay", "screenshot", "recompress"]),
        of=st.sampled_from(["query", "hit"]),
    ),
)


@given(st.lists(EDIT, unique_by=lambda edit: edit.name).map(tuple))
def test_twice_inverted_is_what_it_was(edits: tuple[NamedEdit, ...]) -> None:
    assert_same(edits, inverted(inverted(edits)))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    flip=st.sampled_from([WHOLE, MIRRORED, FLIPPED, *TURNED.values()]),
    order=st.booleans(),
)
def test_exchanging_the_two_gives_the_inverse(
    seed: int, flip: npt.NDArray[np.float64], order: bool
) -> None:
    """For any two arrays, whether they have to do with each other or not."""
    generator = np.random.default_rng(seed)
    shapes = generator.integers(8, 90, (2, 2))
    pixels = [generator.integers(0, 256, (*shape, 3)).astype(np.uint8) for shape in shapes]
    sizes = [(int(shape[1]) * 3, int(shape[0]) * 3) for shape in shapes]
    query = View(pixels[0], sizes[0], b"a" if order else b"b")
    hit = View(pixels[1], sizes[1], b"b" if order else b"a")
    shift = np.column_stack([np.zeros((2, 2)), generator.uniform(-0.1, 0.1, 2)])
    transform = flip + shift
    there = name_edits(query, hit, verdict(transform))
    back = name_edits(hit, query, verdict(inverse(transform)))
    assert_same(inverted(there), back)
