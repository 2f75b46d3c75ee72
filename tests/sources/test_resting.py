"""Files that come, told from files that are still being written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.sources.resting import Resting


def test_a_file_rests_when_nothing_was_said_of_it_for_a_while(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"1")
    resting = Resting(2.0)
    resting.note([str(file)], 10.0)
    resting.look(11.9)
    assert resting.moves(str(file))
    assert (resting.moving, resting.rested, resting.take()) == (1, 0, set())
    resting.look(12.0)
    assert not resting.moves(str(file))
    assert (resting.moving, resting.rested, resting.waited(15.0)) == (0, 1, 3.0)
    assert resting.take() == {str(file)}
    assert (resting.take(), resting.waited(15.0)) == (set(), 0.0)


def test_a_file_that_grows_without_a_word_goes_on_moving(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"1")
    resting = Resting(2.0)
    resting.note([str(file)], 0.0)
    file.write_bytes(b"22")
    resting.look(5.0)
    assert resting.moves(str(file))
    resting.look(6.9)
    assert resting.moves(str(file))
    resting.look(7.0)
    assert resting.take() == {str(file)}


def test_what_is_gone_rests_and_what_comes_back_moves(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    resting = Resting(1.0)
    resting.note([str(file)], 0.0)
    resting.look(1.0)
    assert resting.rested == 1
    file.write_bytes(b"1")
    resting.note([str(file)], 1.5)
    assert (resting.rested, resting.moves(str(file))) == (0, True)


@pytest.mark.parametrize("seconds", [0.0, 3.0])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 5.0)), max_size=20))
def test_nothing_is_taken_before_its_time_and_everything_once(
    seconds: float, events: list[tuple[str, float]]
) -> None:
    resting, now = Resting(seconds), 0.0
    last: dict[str, float] = {}
    taken: list[str] = []
    for name, pause in events:
        resting.note([f"/no/such/folder/{name}"], now)
        last[name] = now
        now += pause
        resting.look(now)
        for path in resting.take():
            assert now - last.pop(path[-1]) >= seconds
            taken.append(path)
    resting.look(now + seconds)
    rest = resting.take()
    assert {path[-1] for path in rest} == set(last)
    assert resting.moving == 0
