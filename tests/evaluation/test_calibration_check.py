"""Predicted and observed numbers of chance hits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.codes.bits import to_words
from lookalike.evaluation.calibration_check import Stranger, check_calibration
from lookalike.library.calibration import Calibration
from lookalike.library.records import EncoderInfo, Stamp
from lookalike.library.tables import ArrayTable
from lookalike.types import Codes, EncoderId

BITS = 64
ENCODER = EncoderInfo(EncoderId(1), "pdq", "x", "x", "f", BITS, 0, True)


def table_of(codes: Codes, quality: int | list[int] = 100) -> ArrayTable:
    return ArrayTable(
        ENCODER,
        contents=np.arange(5, 5 + len(codes)),
        words=to_words(codes),
        quality=np.full(len(codes), quality, np.uint8),
        embeddings=np.empty((len(codes), 0), np.int8),
        parts=np.empty((len(codes), 0), np.uint64),
        visible=np.ones(len(codes), np.bool_),
        stamp=Stamp("u", 0, 0),
    )


def rates(values: list[float]) -> Calibration:
    """With these rates at 0, 1, ... bits, and certainty beyond."""
    logs = np.zeros(BITS + 1)
    logs[: len(values)] = np.log10(values)
    return Calibration(ENCODER, logs, None, 10, 10)


def test_hits_within_each_distance_are_counted() -> None:
    codes = np.zeros((20, 8), np.uint8)
    codes[:6, 0] = 0b1  # six at 1 bit
    codes[6:9, 0] = 0b111  # three at 3 bits
    codes[9:, :] = 255  # the rest is far away
    zero = np.zeros((1, 8), np.uint8)
    # Two of those at 1 bit are known of the second one, whose other turning is far away.
    asked = [Stranger(zero, 100, ()), Stranger(np.concatenate([zero, zero + 0x0F]), 100, {5, 6})]
    found = check_calibration(table_of(codes), rates([0.01, 0.05, 0.1, 0.1]), asked)
    assert [(p.distance, p.observed, p.queries) for p in found] == [
        (1, (6 + 4) / 2, 2), (2, 5.0, 2), (3, (9 + 7) / 2, 2),
    ]  # fmt: skip
    assert [p.predicted for p in found] == pytest.approx([1.0, 2.0, 2.0])
    assert {p.code for p in found} == {"x"}


def test_a_picture_counts_once_however_it_is_turned() -> None:
    codes = np.zeros((5, 8), np.uint8)
    turned = np.zeros((8, 8), np.uint8)
    turned[1:, 0] = 1
    (found, *_) = check_calibration(table_of(codes), rates([0.1, 0.2]), [Stranger(turned, 99, ())])
    assert (found.distance, found.observed) == (0, 5.0)


def test_codes_that_mean_nothing_are_passed_over() -> None:
    codes = np.zeros((20, 8), np.uint8)
    table = table_of(codes, [90] * 10 + [10] * 10)
    flat, good = (Stranger(codes[:1], quality, ()) for quality in (10, 90))
    (found,) = check_calibration(table, rates([0.1]), [flat, good], least_quality=50)
    assert (found.observed, found.queries) == (10.0, 1)
    assert found.predicted == pytest.approx(0.1 * 20 * 0.5)
    assert check_calibration(table, rates([0.1]), [flat], least_quality=50) == []


def test_what_is_too_rare_or_too_common_says_nothing() -> None:
    codes = np.zeros((4, 8), np.uint8)
    asked = [Stranger(codes[:1], 100, ())]
    assert check_calibration(table_of(codes), rates([0.1]), asked) == []  # four hits
    codes = np.zeros((40, 8), np.uint8)
    assert check_calibration(table_of(codes), rates([0.1]), asked) == []  # four are expected
    assert check_calibration(table_of(codes), rates([0.05]), []) == []


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_random_codes_come_as_near_as_the_binomial_says(seed: int) -> None:
    """The true rates of random codes, so that predicted and observed have to agree."""
    from scipy.stats import binom

    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 256, (4000, 8), np.uint8)
    true = binom.cdf(np.arange(BITS + 1), BITS, 0.5).tolist()
    asked = [Stranger(row[None], 100, ()) for row in rng.integers(0, 256, (200, 8), np.uint8)]
    found = check_calibration(table_of(codes), rates(true), asked)
    enough = [p for p in found if p.observed * p.queries >= 30]
    assert enough
    assert all(0.4 < p.observed / p.predicted < 2.5 for p in enough)
