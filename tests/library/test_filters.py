from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.library.filters import Filter


def test_nothing_asked_lets_all_through() -> None:
    assert not Filter.parse()
    assert Filter.parse(kinds="edited")
    assert not Filter.parse(kinds="edited").narrows
    assert Filter.parse(larger="1x1").narrows


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("2019", ["2019-01-01T00:00:00", "2019-12-31T23:59:59.999"], ["2018-12-31T23:59:59"]),
        ("2020-02", ["2020-02-29T23:59:59"], ["2020-03-01T00:00:00", "2020-01-31T23:59:59"]),
        ("2020-02-03", ["2020-02-03T10:00:00.500"], ["2020-02-04T00:00:00"]),
        ("2019..2021-06", ["2019-01-01T00:00:00", "2021-06-30T12:00:00"], ["2021-07-01T00:00:00"]),
        ("..2019", ["1900-01-01T00:00:00"], ["2020-01-01T00:00:00"]),
        ("2019..", ["2999-01-01T00:00:00"], ["2018-12-31T23:59:59"]),
        (" 9999 ", ["9999-12-31T23:59:59.999"], ["2019-01-01T00:00:00"]),
    ],
)
def test_times(text: str, inside: list[str], outside: list[str]) -> None:
    asked = Filter.parse(taken=text)
    assert all(map(asked.fits_time, inside))
    assert not any(map(asked.fits_time, [*outside, None]))


@given(st.dates(date(1826, 1, 1)), st.integers(0, 86_399))
def test_a_moment_lies_in_its_day_month_and_year(day: date, second: int) -> None:
    clock = str(timedelta(seconds=second)).zfill(8)
    taken = f"{day.isoformat()}T{clock}"
    for length in (4, 7, 10):
        assert Filter.parse(taken=day.isoformat()[:length]).fits_time(taken)


def test_sizes_hold_either_way_up() -> None:
    asked = Filter.parse(larger="1920x1080")
    assert asked.fits_size(1080, 1920)
    assert not asked.fits_size(1900, 1900)
    assert Filter.parse(larger="2.5 mp").fits_size(2500, 1000)
    assert not Filter.parse(larger="2.5MP").fits_size(2499, 1000)


def test_folders_are_absolute_and_whole_names() -> None:
    asked = Filter.parse(under=["sub/../a"])
    assert asked.under == (os.path.abspath("a"),)
    assert asked.fits_path(os.path.abspath("a/b.jpg"))
    assert not asked.fits_path(os.path.abspath("ab.jpg"))


def test_formats_have_their_usual_names() -> None:
    assert Filter.parse(formats="jpg, heic,.tif").formats == ("JPEG", "MPO", "HEIF", "TIFF")
    assert Filter.parse(formats="mpo,DNG,jp2").formats == ("MPO", "RAW", "JPEG2000")


@pytest.mark.parametrize(
    "wrong",
    [
        {"taken": "last year"},
        {"taken": "2019-13"},
        {"taken": "2019-02-30"},
        {"taken": ".."},
        {"taken": "2021..2019"},
        {"taken": "0000"},
        {"larger": "2"},
        {"larger": "big"},
        {"formats": ""},
        {"formats": "jpeg;png"},
        {"formats": "jpeg,foo"},
        {"kinds": "copy"},
        {"kinds": ""},
        {"under": [""]},
        {"under": [3]},
    ],
)
def test_what_cannot_be_understood(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        Filter.parse(**wrong)
    assert "\n" not in str(caught.value)
