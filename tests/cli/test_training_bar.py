"""The progress bar of training, on a terminal and elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from lookalike.cli.training_bar import training_bar
from lookalike.training.loop import Step

STEPS = [
    Step(1, 2, 1, 2, 0.75),
    Step(1, 2, 2, 2, 0.5),
    Step(2, 2, 2, 2, 0.25),
    Step(2, 2, 125, 500, 0.25, finishing=True),
    Step(2, 2, 500, 500, 0.25, finishing=True),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["file", "terminal"])
def test_steps_and_then_pictures(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)
    with training_bar() as show:
        for step in STEPS:
            show(step)
    shown = stream.getvalue()
    if isinstance(stream, Terminal):
        assert "training" in shown
        assert "finishing" in shown
        assert "500" in shown
    else:
        assert shown == ""
