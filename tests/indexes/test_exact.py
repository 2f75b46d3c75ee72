"""Which scan answers, and that it doesn't matter."""

from __future__ import annotations

import numpy as np
import pytest

from lookalike.codes.loading import Loading
from lookalike.errors import UsageError
from lookalike.indexes import exact
from lookalike.indexes.exact import exact_scan
from lookalike.indexes.scan import Scan
from lookalike.types import Index

CODES = np.random.default_rng(0).integers(0, 256, (500, 32), np.uint8)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A process that has loaded nothing yet, and how often it did."""
    made: list[int] = []

    def load() -> type[Scan]:
        made.append(1)
        return Scan

    monkeypatch.setattr(exact, "_KERNELS", Loading(load, after=10**9))
    return made


def answers(scan: Index) -> list[list[int]]:
    return [
        scan.search(CODES[:9], 7).ids.tolist(),
        scan.search(CODES[:1], 7, allowed=np.arange(500) % 2 == 1).ids.tolist(),
        scan.within(CODES[:9], 100).ids.tolist(),
    ]


def test_few_questions_load_nothing(loads: list[int]) -> None:
    scan = exact_scan(CODES, 256)
    assert isinstance(scan, Index)
    assert (scan.bits, len(scan)) == (256, 500)
    assert answers(scan) == answers(Scan(CODES, 256))
    assert loads == []


def test_a_large_call_loads_and_all_later_ones_use_it(
    loads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = np.arange(500) * 3
    scan, other = exact_scan(CODES, 256, ids, 1), exact_scan(CODES, 256, ids)
    before = answers(scan)
    monkeypatch.setattr(exact, "FIRST_WORDS", 500 * 4 * 9 - 1)
    assert answers(scan) == before == answers(other)
    assert loads == [1]
    monkeypatch.setattr(exact.PlainScan, "search", None)
    assert answers(scan) == before == answers(other)


def test_a_large_radius_search_loads(loads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    scan = exact_scan(CODES, 256)
    scan.within(CODES[:9], 10)
    assert loads == []
    monkeypatch.setattr(exact, "FIRST_WITHIN", 500 * 4 * 9 - 1)
    scan.within(CODES[:9], 10)
    assert loads == [1]


def test_the_real_kernels_load() -> None:
    assert exact.load_kernels() is Scan


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(UsageError, match="threads is a whole number"):
        exact_scan(CODES, 256, threads=0)
    with pytest.raises(UsageError, match="shape"):
        exact_scan(CODES, 255 * 8)
