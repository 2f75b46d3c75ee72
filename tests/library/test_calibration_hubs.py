from __future__ import annotations

import numpy as np
import pytest

from lookalike.codes.bits import from_words, hamming, to_words
from lookalike.encoders.turned_codes import turned_codes
from lookalike.library.calibration_hubs import DOUBTFUL, HUB, TINY, Hubs, is_tiny
from lookalike.library.calibration_measuring import measure
from lookalike.types import Slot
from tests.calibrated import BITS, table_of, unlike_codes


def with_a_hub(n: int, around: int, seed: int = 0) -> np.ndarray:
    """Codes of which some are near to the first, and not to each other."""
    codes = unlike_codes(n, seed)
    rng = np.random.default_rng(seed)
    for row in range(1, around + 1):
        flips = np.zeros(BITS, np.uint8)
        flips[rng.choice(BITS, 48, replace=False)] = 1
        codes[row] = codes[0] ^ np.packbits(flips)
    return codes


@pytest.mark.parametrize("slot", ["pdq", "photo"])
def test_what_is_near_to_far_too_many_is_a_hub(slot: Slot) -> None:
    table = table_of(slot, with_a_hub(1500, 120))
    hubs = Hubs(table, measure(table, None))
    kept = table.stored(table.contents)
    factors = hubs.factors(table.contents, kept.words, kept.quality)
    asked = from_words(kept.words, BITS)
    turned = turned_codes(asked) if slot == "pdq" else asked[None]
    distances = np.min([hamming(turn, asked) for turn in turned], axis=0)
    near = (distances <= hubs.radius).sum(1) - 1
    assert factors[0] >= HUB
    assert (factors[121:] == 1).all()
    assert factors[0] / factors[factors > 1] == pytest.approx(near[0] / near[factors > 1])


def test_without_hubs_nothing_is_one() -> None:
    table = table_of("photo", unlike_codes(1500))
    hubs = Hubs(table, measure(table, None))
    kept = table.stored(table.contents)
    assert (hubs.factors(table.contents, kept.words, kept.quality) == 1).all()


def test_of_few_pictures_nobody_can_say() -> None:
    table = table_of("photo", np.zeros((8, 32), np.uint8))
    hubs = Hubs(table, measure(table, None))
    kept = table.stored(table.contents)
    assert (hubs.factors(table.contents, kept.words, kept.quality) == 1).all()


def test_flat_pictures_count_for_their_hash() -> None:
    codes, quality = unlike_codes(100), np.array([0] * 10 + [100] * 90)
    for slot, expected in (("pdq", DOUBTFUL), ("photo", 1.0)):
        table = table_of(slot, codes, quality=quality)  # type: ignore[arg-type]
        found = Hubs(table, measure(table, None)).factors(
            table.contents, to_words(codes), table.quality
        )
        assert found.tolist() == [expected] * 10 + [1.0] * 90


def test_tiny_is_told_by_the_shorter_side() -> None:
    assert is_tiny(TINY - 1, 500)
    assert is_tiny(500, TINY - 1)
    assert not is_tiny(TINY, TINY)
