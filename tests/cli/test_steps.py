"""Progress in a log: soon, and then now and then."""

from __future__ import annotations

import time

import pytest

from lookalike.cli import steps
from lookalike.cli.steps import Lines, soon, step


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with soon("opening"), step("encoding", 3) as count:
        for _ in range(3):
            count(1)
    assert capsys.readouterr().err == ""


def test_a_slow_step_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "SOON", 0.0)
    with soon("opening"):
        time.sleep(0.3)
    monkeypatch.setattr(steps, "FIRST", 0.0)
    monkeypatch.setattr(steps, "EVERY", 0.0)
    with step("encoding", 2000) as count:
        count(1000)
        count(999)
        count(1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "opening"
    assert lines[1] == "encoding: 1,000 of 2,000 pictures"
    assert lines[2].startswith("encoding: 1,999 of 2,000 pictures, about ")
    assert lines[2].endswith(" left")
    assert lines[3] == "encoding: 2,000 of 2,000 pictures"


def test_lines_are_rare(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "FIRST", 0.0)
    lines = Lines("training", "steps")
    for done in range(1, 100):
        lines(done, 100, ", epoch 1 of 2")
    assert capsys.readouterr().err == "training: 1 of 100 steps, epoch 1 of 2\n"
