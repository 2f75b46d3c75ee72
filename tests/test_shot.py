from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.shot import MOST_LETTERS, Shot, clean

SHOT = Shot("2019-06-01T12:34:56.780", 120, "Canon EOS R5", "RF 50mm", "GIMP", 6, 48.1, 11.5, 520.0)


def test_it_travels_as_json() -> None:
    assert Shot.unpack(json.loads(json.dumps(SHOT.pack()))) == SHOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("taken", "yesterday"),
        ("taken", "2019-06-01T12:34:56+02:00"),
        ("taken", "2019-06-01T12:34:56".ljust(31, " ")),
        ("offset", 100_000),
        ("offset", 1.5),
        ("camera", "a\nb"),
        ("lens", "x" * (MOST_LETTERS + 1)),
        ("software", "\x1b[31m"),
        ("orientation", 9),
        ("latitude", float("nan")),
        ("longitude", "here"),
        ("nothing", 1),
    ],
)
def test_what_is_no_record_is_refused(name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        Shot.unpack({**SHOT.pack(), name: value})


def test_one_that_says_nothing_is_false() -> None:
    assert not Shot()
    assert Shot(orientation=6)
    assert SHOT


def test_no_position_is_left() -> None:
    bare = SHOT.without_position()
    assert (bare.latitude, bare.longitude, bare.altitude) == (None, None, None)
    assert bare.camera == SHOT.camera


def test_seconds_go_by_offsets_where_both_say_one() -> None:
    here = Shot("2019-06-01T12:00:00", 120)
    there = Shot("2019-06-01T11:00:03", 60)
    assert here.seconds_to(there) == 3
    assert here.seconds_to(Shot("2019-06-01T11:00:03")) == -3597
    assert here.seconds_to(Shot()) is None


@given(st.text())
def test_a_clean_name_is_one_line_and_stays(text: str) -> None:
    name = clean(text)
    assert clean(name) == name
    assert len(name) <= MOST_LETTERS
    assert name.isprintable()
