"""When a file that gave no code is tried again."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from lookalike.errors import Cause
from lookalike.library import retrying
from lookalike.library.retrying import context_after, context_of, is_due
from lookalike.library.run_records import Refusal
from lookalike.types import Limits

NOW = 1_900_000_000
HERE = context_of(Limits())
DAY = 86_400


def refused(cause: Cause, *, context: str = HERE, tried: int = NOW) -> Refusal:
    return Refusal("/a.jpg", 1, 1, "failed", "why", cause, context, tried)


@pytest.mark.parametrize(
    ("cause", "at_once", "a_day_later"),
    [
        ("access", True, True),
        ("time", True, True),
        ("memory", True, True),
        ("extra", False, True),
        ("limit", False, False),
        ("file", False, False),
        ("kind", False, False),
    ],
)
def test_with_nothing_changed(cause: Cause, at_once: bool, a_day_later: bool) -> None:
    refusal = refused(cause)
    assert is_due(refusal, HERE, NOW + 1) == at_once
    assert is_due(refusal, HERE, NOW + DAY - 1) == at_once
    assert is_due(refusal, HERE, NOW + DAY) == a_day_later
    assert is_due(refusal, HERE, NOW + 400 * DAY) == a_day_later


@pytest.mark.parametrize("cause", get_args(Cause))
def test_what_comes_again_waits_a_day(cause: Cause) -> None:
    first = refused(cause, context=context_after(None, cause, HERE))
    assert first.context == HERE
    second = refused(cause, context=context_after(first, cause, HERE))
    third = refused(cause, context=context_after(second, cause, HERE))
    assert third.context == second.context != HERE
    assert is_due(second, HERE, NOW + DAY - 1) == (cause == "access")
    daily = ("access", "time", "memory", "extra")
    assert is_due(second, HERE, NOW + DAY) == (cause in daily)
    # After a change it is as at first.
    assert is_due(second, context_of(Limits(seconds=5)), NOW)
    assert context_after(second, cause, "another") == "another"
    other: Cause = "file" if cause != "file" else "time"
    assert context_after(second, other, HERE) == HERE


@pytest.mark.parametrize("cause", get_args(Cause))
@pytest.mark.parametrize("before", ["", "lookalike 0.0.1", context_of(Limits(seconds=5))])
def test_once_after_a_change(cause: Cause, before: str) -> None:
    refusal = refused(cause, context=before, tried=0 if before == "" else NOW)
    assert is_due(refusal, HERE, NOW)
    again = replace(refusal, context=HERE, tried=NOW)
    assert is_due(again, HERE, NOW) == (cause in ("access", "time", "memory"))
    once_more = replace(again, context=context_after(again, cause, HERE))
    assert is_due(once_more, HERE, NOW) == (cause == "access")


@pytest.mark.parametrize("cause", ["time", "memory", "extra"])
def test_a_clock_that_was_wrong_keeps_no_file_away(cause: Cause) -> None:
    assert is_due(refused(cause, tried=NOW + 1000 * DAY), HERE, NOW)


def test_what_a_context_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    assert context_of(Limits()) == HERE
    ones = (Limits(pixels=1), Limits(file_bytes=1), Limits(memory_bytes=1), Limits(seconds=1))
    others = [context_of(limits) for limits in ones]
    monkeypatch.setattr(retrying, "__version__", "9")
    others.append(context_of(Limits()))
    monkeypatch.setattr(retrying, "version", _missing)
    others.append(context_of(Limits()))
    assert len({HERE, *others}) == 7


def _missing(name: str) -> str:
    raise retrying.PackageNotFoundError(name)
