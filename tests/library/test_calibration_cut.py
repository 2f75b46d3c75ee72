from __future__ import annotations

from dataclasses import replace

import pytest

from lookalike.errors import UsageError
from lookalike.library import SearchResult
from lookalike.library.calibration_cut import cut, left_out_note, shown
from lookalike.types import Match

NEAR = Match(1, "/a.jpg", "alike", "photo-256", 20, 256, 0.9, 9, 9, chance=0.01)
FAR = replace(NEAR, id=2, distance=110, similarity=0.1, chance=40.0, usual=True)
COPY = replace(FAR, id=3, kind="edited")
UNKNOWN = replace(NEAR, id=4, distance=None, chance=None)


def test_what_is_usual_is_left_out_and_copies_never_are() -> None:
    assert shown([COPY, NEAR, FAR, UNKNOWN]) == ((COPY, NEAR, UNKNOWN), 1)


def test_a_line_of_ones_own_is_one_on_the_chance() -> None:
    assert shown([COPY, NEAR, FAR, UNKNOWN], 50) == ((COPY, NEAR, FAR, UNKNOWN), 0)
    assert shown([COPY, NEAR, FAR, UNKNOWN], 0.01) == ((COPY, NEAR, UNKNOWN), 1)
    assert shown([COPY, NEAR, FAR, UNKNOWN], 0) == ((COPY, UNKNOWN), 2)


@pytest.mark.parametrize("line", [-1, float("nan")])
def test_a_line_is_no_less_than_nothing(line: float) -> None:
    with pytest.raises(UsageError, match="0 or more"):
        shown([NEAR], line)


def test_an_answer_says_how_many_it_lacks() -> None:
    found = cut(SearchResult("q", True, (NEAR, FAR), {}))
    assert (found.hits, found.left_out) == ((NEAR,), 1)


def test_one_line_says_what_is_left_out() -> None:
    assert left_out_note(0) is None
    assert (
        left_out_note(12) == "12 more are no nearer than unrelated pictures are; --all shows them"
    )
    assert left_out_note(1) == "1 more is no nearer than unrelated pictures are; --all shows it"
    assert left_out_note(1200, 0.5) == "1,200 more have a chance above 0.5; --all shows them"
