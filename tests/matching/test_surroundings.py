"""What is around a picture within another one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_like import photo_like

from lookalike.matching.surroundings import is_ground

share = st.floats(-0.5, 1.5)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.asarray(photo_like(5).resize((240, 180)))


def test_a_border_is_ground_and_the_rest_of_a_photograph_is_not(photo: np.ndarray) -> None:
    framed = np.full((240, 300, 3), 250, np.uint8)
    framed[30:210, 30:270] = photo
    assert is_ground(framed, (0.1, 0.125, 0.9, 0.875))
    assert not is_ground(photo, (0.2, 0.2, 0.8, 0.8))


def test_a_page_with_another_picture_is_no_border(photo: np.ndarray) -> None:
    """It was `edited`, so that the page was proposed to go, and the other picture with it."""
    page = np.full((540, 800, 3), 250, np.uint8)
    page[40:220, 40:280] = photo
    box = (0.05, 40 / 540, 0.35, 220 / 540)
    assert is_ground(page, box)
    page[300:480, 480:720] = np.asarray(photo_like(8).resize((240, 180)))
    assert not is_ground(page, box)
    assert not is_ground(page, (0.6, 300 / 540, 0.9, 480 / 540))


def test_a_small_picture_on_the_page_would_be_lost_too(photo: np.ndarray) -> None:
    page = np.full((540, 800, 3), 250, np.uint8)
    page[40:220, 40:280] = photo
    page[260:340, 40:140] = np.asarray(photo_like(8).resize((100, 80)))  # a fifth of the other
    box = (40 / 800, 40 / 540, 280 / 800, 220 / 540)
    assert not is_ground(page, box)


def test_bars_keys_and_lines_of_text_are_no_picture(photo: np.ndarray) -> None:
    screen = np.full((480, 300, 3), 250, np.uint8)
    screen[60:240, 30:270] = photo
    screen[:40] = (40, 60, 90)
    screen[300:] = 180
    for top in range(310, 470, 40):
        for left in range(10, 290, 30):
            screen[top : top + 30, left : left + 22] = 245
    for top in range(250, 295, 8):
        screen[top : top + 3, 30:270:3] = 20
    assert is_ground(screen, (0.1, 0.125, 0.9, 0.5))


@given(share, share, share, share, st.integers(1, 40), st.integers(1, 40))
def test_any_box_has_an_answer(
    left: float, top: float, right: float, bottom: float, width: int, height: int
) -> None:
    pixels = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    assert is_ground(pixels, (left, top, right, bottom)) in (True, False)


@given(share, share)
def test_a_box_of_no_pixels_has_nothing_around_it(left: float, top: float) -> None:
    assert not is_ground(np.zeros((30, 40, 3), np.uint8), (left, top, left, top + 0.5))
