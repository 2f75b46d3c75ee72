"""Times of files, at both ends of what a library can keep."""

from __future__ import annotations

from datetime import datetime

import pytest

from lookalike.system.times import kept, moment


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (0, 0),
        (-1, -1),
        (2**63 - 1, 2**63 - 1),
        (2**63, 2**63 - 1),
        (10_413_792_000 * 10**9, 2**63 - 1),  # the year 2300
        (-(2**63) - 1, -(2**63)),
        (-(2**80), -(2**63)),
    ],
)
def test_what_does_not_fit_becomes_the_end(nanoseconds: int, expected: int) -> None:
    assert kept(nanoseconds) == expected


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (0, "1970-01-01T00:00:00+00:00"),
        (-1, "1969-12-31T23:59:59+00:00"),
        (-(2**70), "1677-09-21T00:12:43+00:00"),
        (2**70, "2262-04-11T23:47:16+00:00"),
    ],
)
def test_every_time_has_a_date(nanoseconds: int, expected: str) -> None:
    assert moment(nanoseconds) == datetime.fromisoformat(expected)
