"""``lookalike selftest``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lookalike.evaluation import library_selftest
from lookalike.system.installing import install_command

pytestmark = pytest.mark.slow

Run = Callable[..., Any]

EDITS = ("--edit", "jpeg-20", "--edit", "crop-50")


def test_it_reports_and_advises(run: Run, photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run("index", photos)
    done = run("selftest", "--sample", 5, *EDITS, "--plot", "plot.png")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("5 pictures of 8 edited in 2 ways; ")
    table = {line.split()[0]: line.split() for line in lines[2:6]}
    assert table["edit"][1:3] == ["by", "copy"]
    assert table["jpeg-20"][1] == "1.000"
    assert set(table) == {"edit", "jpeg-20", "crop-50", "all"}
    assert sum("8 of 8 searches as by a comparison" in line for line in lines) == 2
    assert any(line.startswith("- ") for line in lines)
    assert lines[-1] == str(tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as plot:
        assert plot.width > 800


def test_json_has_its_keys(run: Run, photos: Path) -> None:
    run("index", photos)
    with Image.open(photos / "coffee.jpg") as picture:
        picture.reduce(2).save(photos / "small.png")
    run("index", photos)
    done = run("selftest", "--sample", 9, *EDITS, "--json")
    assert done.err == ""
    found = done.json
    assert set(found) == {
        "library", "pictures", "sampled", "edits", "false_alarms", "exact", "calibration",
        "left_out", "flat", "seconds", "interrupted", "advice",
    }  # fmt: skip
    assert set(found["edits"]) == {"jpeg-20", "crop-50"}
    assert set(found["edits"]["jpeg-20"]) == {"recall_at_1", "kinds", "copies", "reverse"}
    assert found["edits"]["jpeg-20"]["recall_at_1"] == 1
    (pair,) = found["false_alarms"]["suspects"]
    assert set(pair) == {"query", "edit", "hit", "kind", "distance"}
    assert {Path(pair["query"]).name, Path(pair["hit"]).name} == {"coffee.jpg", "small.png"}
    assert all(one["equal"] == one["queries"] for one in found["exact"])
    assert found["interrupted"] is False
    told = run("selftest", "--sample", 9, "--edit", "jpeg-20").out
    assert "1 pair to look at, called copies or parts" in told
    assert "look at it with 'lookalike search'" in " ".join(told.split())


def test_ctrl_c_ends_with_what_is_known(
    run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("index", photos)
    before = library_selftest.read_originals

    def pressed(*given: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return before(*given)

    monkeypatch.setattr(library_selftest, "read_originals", pressed)
    done = run("selftest", "--sample", 5, *EDITS, "--json")
    assert done.code == 0
    assert done.json["interrupted"] is True
    assert "stopped there" in done.err


def test_wrong_use_is_one_line(
    run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = run("selftest")
    assert (done.code, len(done.err.splitlines())) == (1, 1)  # no library
    run("index", photos)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for given, code, told in (
        (["--edit", "sepia"], 2, "there is no edit 'sepia'"),
        (["--sample", "3"], 2, "--sample"),
        (["--plot", "plot.jpg"], 2, "has to end in"),
        (["--plot", "none/plot.png"], 2, "there is no folder"),
        (["--plot", "plot.png"], 1, install_command("plots")),
    ):
        done = run("selftest", *given)
        assert (done.code, done.out) == (code, "")
        assert told in done.err
        assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "plot.png").exists()
