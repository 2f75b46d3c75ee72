"""Whether two pictures show the same, by what their tiles say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lookalike.matching.comparison import Tiles
from lookalike.matching.judging import judged

SHAPE = 10, 10


def tiles(*, finer: float, of: float = 0.0, rest: float = 0.9) -> Tiles:
    """Tiles of which a share has fine structure that agrees so much, the others ``rest``.

    Where nothing of it agrees, something lies over the second picture that has more of it.
    """
    count = round(of * 100)
    fine = np.full(100, rest, np.float32)
    fine[:count] = finer
    fine = np.random.default_rng(0).permutation(fine).reshape(SHAPE)
    full = np.full(SHAPE, 1, np.float32)
    return Tiles(
        correlation=0.9 * full,
        finer=fine,
        finer_first=8 * full,
        finer_second=np.where(fine < 0.2, np.float32(20), np.float32(8)),
        first=15 * full,
        second=15 * full,
        shared=full,
        side=20.0,
        gain=1.0,
        directions=0.5,
        cut_off=np.zeros(SHAPE, np.bool_),
    )


@pytest.mark.parametrize(
    ("finer", "of", "rest", "same"),
    [
        (0.9, 0.0, 0.9, True),
        (0.1, 0.3, 0.9, True),  # a text over a third of it
        (0.55, 1.0, 0.9, True),  # coarse compression: a little in all of it
        (0.0, 0.3, 0.65, False),  # things of one outline: little in half of it, nothing in a part
        (0.4, 1.0, 0.9, False),
    ],
)
def test_fine_structure(finer: float, of: float, rest: float, same: bool) -> None:
    assert judged(tiles(finer=finer, of=of, rest=rest)).same is same


def test_windows_of_one_program() -> None:
    found = tiles(finer=0.0, of=0.3, rest=0.95)
    assert judged(found).same  # something lies over a third of it
    assert not judged(replace(found, directions=0.05)).same
    assert judged(replace(tiles(finer=0.9), directions=0.05)).same


@pytest.mark.parametrize(("of", "same"), [(0.12, True), (0.24, False)])
def test_other_words_in_the_same_lines(of: float, same: bool) -> None:
    """In lines that agree, the words have as much fine structure as those they replace."""
    found = tiles(finer=0.1, of=of, rest=0.95)
    assert judged(found).same
    assert judged(replace(found, finer_second=found.finer_first)).same is same


def test_something_laid_over_it() -> None:
    found = tiles(finer=0.9)
    over = found.correlation.copy()
    over[:3, :5] = 0  # 15 of 100 tiles, in one place
    assert judged(replace(found, correlation=over)).same
    over[:3, :8] = 0  # 24
    assert not judged(replace(found, correlation=over)).same


def test_what_is_laid_over_leaves_most_of_it() -> None:
    found = tiles(finer=0.9)
    # Little structure but in a place of 15 tiles, which is a third of all there is.
    first = np.full(SHAPE, 4.5, np.float32)
    first[:3, :5] = 20.0
    over = np.where(first > 10, np.float32(0), np.float32(0.9))
    judgement = judged(replace(found, correlation=over, first=first, second=first))
    assert not judgement.same
    assert 0.5 < judgement.agreement < 0.7
