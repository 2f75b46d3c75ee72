"""The check of pairs: it counts, sees what is wrong, and holds few of them."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.errors import LookalikeError
from lookalike.evaluation.pairs_benchmark import planted
from lookalike.evaluation.pairs_check import PairsCheck
from lookalike.indexes.pairs import Pairs, all_pairs

CODES, COPIED = planted(4000, 64, 6, "clustered")


def check_of(parts: list[Pairs], held: int = 1 << 20) -> int:
    check = PairsCheck(CODES, COPIED, 6, held)
    for part in parts:
        check.take(part)
    return check.ended()


def test_all_are_counted_however_few_are_held() -> None:
    parts = list(all_pairs(CODES, 64, 6))
    count = sum(len(part[0]) for part in parts)
    assert count > 400
    assert [check_of(parts, held) for held in (1 << 20, 100, 1)] == [count] * 3


def test_a_pair_that_comes_twice_is_seen_among_those_that_are_held() -> None:
    parts = list(all_pairs(CODES, 64, 6))
    with pytest.raises(LookalikeError, match="twice"):
        check_of([*parts, parts[0]])
    with pytest.raises(LookalikeError, match="twice"):
        check_of([*parts, *parts], 100)


def test_what_is_missing_or_wrong_is_an_error() -> None:
    parts = list(all_pairs(CODES, 64, 6))
    with pytest.raises(LookalikeError, match="missing"):
        check_of(parts[1:])
    first, second, distances = parts[0]
    for wrong in ((second, first, distances), (first, second, distances + 1)):
        with pytest.raises(LookalikeError, match="wrong"):
            check_of([wrong])


def test_nothing_planted_and_nothing_found_is_fine() -> None:
    assert PairsCheck(CODES, np.empty((0, 2), np.int64), 0).ended() == 0
