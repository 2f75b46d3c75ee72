from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lookalike.codes.bits import hamming
from lookalike.library import calibration_counts, calibration_measuring
from lookalike.library.calibration_measuring import LOOKED_AT, measure
from lookalike.library.calibration_prior import prior_of_distances
from lookalike.library.calibration_tail import Counts, blended
from lookalike.types import Codes
from tests.calibrated import BITS, table_of, unlike_codes

NOTHING = np.zeros(0, np.int64)


def near(codes: Codes, bits: int, seed: int = 1) -> Codes:
    """Copies of codes with so many bits flipped."""
    rng = np.random.default_rng(seed)
    flips = np.zeros((len(codes), BITS), np.uint8)
    for flip in flips:
        flip[rng.choice(BITS, bits, replace=False)] = 1
    return codes ^ np.packbits(flips, axis=1)


def test_it_is_what_all_pairs_say() -> None:
    codes = unlike_codes(200)
    found = measure(table_of("photo", codes), None)
    counts = np.bincount(hamming(codes, codes)[np.triu_indices(200, 1)], minlength=BITS + 1)
    expected = blended(Counts(counts, NOTHING, 0), prior_of_distances(found.encoder))
    assert found.distances == pytest.approx(expected)
    assert (found.pairs, found.contents) == (19_900, 200)


def test_the_order_of_the_pictures_means_nothing() -> None:
    codes = unlike_codes(150)
    one = measure(table_of("pdq", codes), table_of("pdq", codes))
    other = measure(table_of("pdq", codes[::-1].copy()), table_of("pdq", codes[::-1].copy()))
    assert one.distances == pytest.approx(other.distances)


def test_many_pictures_are_counted_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = unlike_codes(1500)
    whole = measure(table_of("photo", codes), None)
    monkeypatch.setattr(calibration_counts, "BODY", 600)
    monkeypatch.setattr(calibration_measuring, "BODY", 600)
    some = measure(table_of("photo", codes), None)
    assert some.pairs == whole.pairs == 1500 * 1499 // 2
    seen = whole.distances > -4
    assert some.distances[seen] == pytest.approx(whole.distances[seen], abs=0.15)


@pytest.mark.parametrize("slot", ["pdq", "photo"])
def test_copies_in_the_library_change_nothing(slot: str) -> None:
    """Half of the pictures are copies of the other half, and each has the same photo code."""
    assert slot in ("pdq", "photo")
    hashes, photos = unlike_codes(300, 1), unlike_codes(300, 2)
    codes = {"pdq": hashes, "photo": photos}[slot]
    both = {"pdq": np.concatenate([hashes, near(hashes, 12)]), "photo": np.tile(photos, (2, 1))}
    plain = measure(table_of(slot, codes), table_of("pdq", hashes))  # type: ignore[arg-type]
    full = measure(table_of(slot, both[slot]), table_of("pdq", both["pdq"]))  # type: ignore[arg-type]
    assert full.distances == pytest.approx(plain.distances)
    without = measure(table_of(slot, both[slot]), None)  # type: ignore[arg-type]
    assert without.distances[20] > plain.distances[20] + 0.5  # copies do spoil it otherwise


def test_flat_pictures_are_no_part_of_the_hash() -> None:
    codes = np.concatenate([unlike_codes(200), np.zeros((100, 32), np.uint8)])
    quality = np.array([100] * 200 + [0] * 100)
    found = measure(*[table_of("pdq", codes, quality=quality)] * 2)
    assert found.pairs == 19_900


def test_what_is_known_to_be_related_is_left_out() -> None:
    first = unlike_codes(200)
    codes = np.concatenate([first, near(first[:40], 50)])  # too far to be copies by their codes
    asked: list[tuple[int, int]] = []

    def related(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        asked.extend(zip(one.tolist(), other.tolist(), strict=True))
        return np.asarray(other - one == 200)

    table = table_of("pdq", codes)
    plain = measure(table_of("pdq", first), table_of("pdq", first))
    found = measure(table, table, related=related)
    assert len(asked) <= LOOKED_AT
    assert {(i, i + 200) for i in range(1, 41)} <= set(asked)
    assert found.distances == pytest.approx(plain.distances)
    assert measure(table, table).distances[60] > plain.distances[60] + 0.5


@pytest.mark.parametrize("n", [0, 1])
def test_a_library_without_pairs_has_what_ships(n: int) -> None:
    found = measure(table_of("photo", unlike_codes(n)), table_of("pdq", unlike_codes(n)))
    assert found.pairs == 0
    assert found.distances.tolist() == prior_of_distances(found.encoder).tolist()
    assert found.cosines is not None


def test_equal_codes_everywhere_are_no_error() -> None:
    found = measure(table_of("photo", np.zeros((50, 32), np.uint8)), None)
    assert found.rates([0])[0] > measure(table_of("photo", unlike_codes(50)), None).rates([0])[0]
