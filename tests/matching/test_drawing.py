"""The drawing of a pair: both lie the same way, and what differs, and only that, is marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from PIL import Image, ImageDraw

from lookalike.match import Box, NamedEdit
from lookalike.matching.differences import canvas, differing, place
from lookalike.matching.drawing import Panel, draw_pair

WHOLE = np.array([[1.0, 0, 0], [0, 1, 0]])
MIRRORED = np.array([[-1.0, 0, 1], [0, 1, 0]])
INNER = np.array([[0.5, 0, 0.25], [0, 0.5, 0.25]])  # the query is the hit's middle
ORANGE, BLUE = (213, 94, 0), (0, 114, 178)


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.uint8]:
    made: Any = skimage.data.coffee
    return np.asarray(made(), np.uint8)


def count(sheet: Image.Image, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(sheet) == colour).all(axis=2).sum())


def test_the_same_thing_is_at_the_same_place(pixels: npt.NDArray[np.uint8]) -> None:
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    paper = canvas(mirrored, pixels, MIRRORED, 300)
    assert max(paper.size) == 300
    laid = place(mirrored, pixels, paper)
    (query, of_query), (hit, of_hit) = laid["query"], laid["hit"]
    assert of_query.mean() > 0.99
    assert of_hit.mean() > 0.99
    assert np.abs(query.astype(int) - hit).mean() < 2


def test_a_part_lies_at_its_place_in_the_whole(pixels: npt.NDArray[np.uint8]) -> None:
    height, width = pixels.shape[:2]
    middle = pixels[height // 4 : -height // 4, width // 4 : -width // 4]
    paper = canvas(middle, pixels, INNER, 400)
    laid = place(middle, pixels, paper)
    (query, there), (hit, _) = laid["query"], laid["hit"]
    assert there.mean() == pytest.approx(0.25, abs=0.01)
    assert np.abs(query.astype(int) - hit)[there].mean() < 4
    corners = paper.corners("query", (0, 0, 1, 1))
    assert np.allclose(corners, paper.corners("hit", (0.25, 0.25, 0.75, 0.75)))


def test_only_what_differs_is_marked(pixels: npt.NDArray[np.uint8]) -> None:
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).ellipse((100, 100, 180, 180), "yellow")
    copy = np.asarray(image)
    shared = np.ones(copy.shape[:2], bool)
    share = differing(copy, pixels, shared)
    assert share[115:165, 115:165].mean() > 0.9
    share[90:190, 90:190] = 0
    assert share.max() == 0
    assert differing(pixels, pixels, shared).max() == 0


def test_another_brightness_is_no_difference(pixels: npt.NDArray[np.uint8]) -> None:
    darker = (pixels * 0.6).astype(np.uint8)
    assert differing(darker, pixels, np.ones(pixels.shape[:2], bool)).mean() < 0.002


def test_the_third_panel_comes_with_a_transform(pixels: npt.NDArray[np.uint8]) -> None:
    query, hit = Panel("copy.jpg", pixels, "600 x 400"), Panel("original.jpg", pixels)
    with_it = draw_pair(query, hit, "edited", transform=WHOLE)
    without = draw_pair(query, hit, "alike")
    assert with_it.width > 1.4 * without.width
    assert count(with_it, ORANGE) == 0


def test_marks_are_on_the_picture_that_has_it(pixels: npt.NDArray[np.uint8]) -> None:
    panels = Panel("a.jpg", pixels), Panel("b.jpg", pixels)
    over = NamedEdit("overlay", of="query", at=(0.1, 0.1, 0.4, 0.3))
    box = Box("hit", (0.2, 0.2, 0.8, 0.8))
    plain = draw_pair(*panels, "part", transform=WHOLE)
    sheet = draw_pair(*panels, "part", edits=[over], boxes=[box], transform=WHOLE)
    third = sheet.width // 3
    hit, query = sheet.crop((0, 0, third, sheet.height)), sheet.crop(
        (third, 0, 2 * third, sheet.height)
    )  # fmt: skip
    assert count(plain, BLUE) == 0
    assert count(hit, BLUE) > 1000
    assert count(hit, ORANGE) == 0
    assert count(query, ORANGE) > 500
    assert count(query, BLUE) == 0


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (400, 3)])
def test_pictures_of_any_shape(shape: tuple[int, int]) -> None:
    small = Panel("\udcff\n.jpg", np.full((*shape, 3), 90, np.uint8))
    large = Panel("long " * 60, np.full((200, 300, 3), 180, np.uint8))
    for transform in (None, WHOLE):
        sheet = draw_pair(small, large, "alike", transform=transform)
        assert sheet.mode == "RGB"
        assert max(sheet.size) < 3000
