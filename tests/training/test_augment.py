from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import UsageError
from lookalike.training.augment import Augmentation, augmented

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (12, 16, 16, 3)).astype(np.uint8)
ROWS = np.array([3, 0, 7, 7, 11])
NONE = Augmentation(flip=False)


def changed(settings: Augmentation, epoch: int = 0, seed: int = 1, view: int = 0) -> np.ndarray:
    return augmented(PICTURES, ROWS, settings, (seed, 5), epoch=epoch, view=view)


def test_nothing_is_changed_unasked() -> None:
    np.testing.assert_array_equal(changed(NONE), PICTURES[ROWS])


def test_flips_alternate() -> None:
    first, second, third = (changed(Augmentation(), epoch) for epoch in range(3))
    for row, picture in enumerate(PICTURES[ROWS]):
        sides = [picture.tobytes(), np.ascontiguousarray(picture[:, ::-1]).tobytes()]
        shown = [sides.index(np.ascontiguousarray(f[row]).tobytes()) for f in (first, second)]
        assert sorted(shown) == [0, 1]
    np.testing.assert_array_equal(first, third)


def test_a_shift_moves_by_whole_pixels_and_reflects() -> None:
    found = changed(Augmentation(flip=False, shift=3))
    for picture, moved in zip(PICTURES[ROWS], found, strict=True):
        padded = np.pad(picture, ((3, 3), (3, 3), (0, 0)), mode="reflect")
        places = [
            (y, x)
            for y in range(7)
            for x in range(7)
            if (padded[y : y + 16, x : x + 16] == moved).all()
        ]
        assert places
    assert (found != PICTURES[ROWS]).any()


def test_turns_keep_the_pixels() -> None:
    seen = set()
    for epoch in range(30):
        for picture, turned in zip(
            PICTURES[ROWS], changed(Augmentation(turns=True), epoch), strict=True
        ):
            ways = [np.rot90(side, k) for side in (picture, picture[:, ::-1]) for k in range(4)]
            (way,) = (i for i, w in enumerate(ways) if (w == turned).all())
            seen.add(way)
    assert seen == set(range(8))


def test_cutout_hides_a_square() -> None:
    found = changed(Augmentation(flip=False, cutout=5))
    for picture, cut in zip(PICTURES[ROWS], found, strict=True):
        hidden = (cut == 127).all(2)
        assert hidden.sum() >= 25
        assert (cut == picture).all(2)[~hidden].all()


def test_zoom_and_colour_stay_pictures() -> None:
    grey = np.full((2, 16, 16, 3), 100, np.uint8)
    zoomed = augmented(grey, np.arange(2), Augmentation(zoom=0.5, flip=False), (1, 1))
    np.testing.assert_array_equal(zoomed, grey)
    coloured = augmented(grey, np.arange(2), Augmentation(colour=0.4, flip=False), (1, 1))
    assert coloured.dtype == np.uint8
    assert (coloured != grey).any()
    assert 55 <= coloured.min() <= coloured.max() <= 145


def test_draws_depend_on_the_seed_the_epoch_and_the_view() -> None:
    settings = Augmentation(shift=4, cutout=4, zoom=0.3, colour=0.2, turns=True)
    np.testing.assert_array_equal(changed(settings), changed(settings))
    for other in (changed(settings, epoch=2), changed(settings, seed=2), changed(settings, view=1)):
        assert (other != changed(settings)).any()


@pytest.mark.parametrize("wrong", [{"shift": -1}, {"cutout": -2}, {"zoom": 1.0}, {"colour": 1.5}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Augmentation(**wrong)  # type: ignore[arg-type]
