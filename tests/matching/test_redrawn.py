"""One thing drawn twice, and one drawing bent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photo_like import photo_like, view_of
from PIL import Image, ImageDraw

from lookalike.evaluation.edits import EDITS
from lookalike.matching.comparison import evened, tiles
from lookalike.matching.frames import Frame
from lookalike.matching.look import look
from lookalike.matching.redrawn import is_redrawn


def sign(hand: int) -> Image.Image:
    """A disc with a hook and dots in it: each hand has the same shapes, and its own outlines."""
    generator = np.random.default_rng(hand)
    made = Image.new("L", (1040, 1040), 250)
    pen = ImageDraw.Draw(made)
    shapes = ((520, 520, 480, 15), (400, 330, 200, 235), (640, 700, 210, 235), (400, 330, 70, 15),
              (650, 690, 80, 15), (740, 350, 110, 240), (310, 720, 100, 245))  # fmt: skip
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    for x, y, radius, level in shapes:
        far = radius + generator.normal(0, 9, len(turns))
        left, top = generator.normal((x, y), 7)
        outline = zip(left + far * np.cos(turns), top + far * np.sin(turns), strict=True)
        pen.polygon(list(outline), level)
    return made.resize((260, 260), Image.Resampling.LANCZOS).convert("RGB")


def bent(image: Image.Image, share: float) -> Image.Image:
    """As a lens bends it: the sides are drawn in by so much of a half."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    u, v = x * (2 / width) - 1, y * (2 / height) - 1
    by = (1 + share * (u * u + v * v) / 2) / (1 + share / 2)
    across, down = ((end * by + 1) * side / 2 for end, side in ((u, width), (v, height)))
    made = cv2.remap(pixels, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Image.fromarray(made)


def kind(one: Image.Image, other: Image.Image) -> str:
    first, second = view_of(one), view_of(other)
    there, back = look(first, second), look(second, first)
    assert (there.kind, there.agreement) == (back.kind, back.agreement)
    return there.kind


@pytest.mark.parametrize("hands", [(1, 2), (3, 4), (7, 8), (9, 10)])
def test_a_sign_that_two_drew_is_alike(hands: tuple[int, int]) -> None:
    one, other = (sign(hand) for hand in hands)
    assert kind(one, other) == "alike"


@pytest.mark.parametrize(
    "name", ["jpeg-20", "half-size", "brightness", "blur", "posterise", "text"]
)
def test_copies_of_a_sign_are_told(name: str) -> None:
    assert kind(sign(1), EDITS[name](sign(1), 0)) == "edited"


@pytest.mark.parametrize("image", [sign(1), photo_like(1)])
def test_a_bent_copy_is_told(image: Image.Image) -> None:
    assert kind(image, bent(image, 0.06)) == "edited"


def test_nothing_can_be_told_of_what_has_no_corners() -> None:
    across = np.tile(np.linspace(0, 255, 200, dtype=np.float32), (150, 1))
    laid = Frame(across, across, np.ones(across.shape, np.bool_), np.eye(2, 3), np.eye(2, 3))
    assert not is_redrawn(laid, evened(laid), tiles(laid))
