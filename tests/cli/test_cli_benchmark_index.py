"""``lookalike benchmark index`` and ``benchmark edits``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Run = Any


def test_edits(run: Run, photos: Path) -> None:
    found = run("benchmark", "edits", photos, "--pictures", "2", "--edit", "grey", "--json")
    assert found.code == 0
    assert found.json["recall_at_1"]["grey"]["both"] == 1.0
    options = ["--pictures", "2", "--edit", "grey", "--missed", "--peers", "none", "--no-alarms"]
    shown = run("benchmark", "edits", photos, *options)
    assert shown.out.splitlines() == [
        "2 pictures, looked for among 8; recall at 1",
        "edit    pdq  photo  both",
        f"grey  1.000  {found.json['recall_at_1']['grey']['photo']:.3f}  1.000",
    ]
    wrong = run("benchmark", "edits", photos, "--edit", "sepia")
    assert wrong.code == 2
    assert "no edit 'sepia'" in wrong.err


def test_index(run: Run, photos: Path) -> None:
    pytest.importorskip("torch")
    found = run("benchmark", "index", photos, "--queries", "2", "--json")
    assert found.code == 0
    assert found.json["pictures"] == 8
    assert found.json["machine"]
