"""``lookalike benchmark edits`` prints what it promises, and draws it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from lookalike.cli import main

FEW = ["--pictures", "2", "--edit", "grey", "--edit", "mirror", "--peers", "imagededup-dhash"]


@pytest.fixture
def folder(photos: Path) -> Path:
    """Two photographs, one of them with a second, edited copy."""
    for path in photos.iterdir():
        if path.stem not in ("chelsea", "coffee"):
            path.unlink()
    with Image.open(photos / "chelsea.jpg") as image:
        image.resize((300, 200)).save(photos / "copy.jpg", quality=40)
    return photos


def test_table_alarms_plot_and_sheet(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    plot, sheet = tmp_path / "edits.png", tmp_path / "alarms.jpg"
    drawn = ["--plot", str(plot), "--sheet", str(sheet), "--seed", "1"]
    assert main(["benchmark", "edits", str(folder), *FEW, *drawn]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 pictures, looked for among 3; recall at 1"
    assert lines[1].split() == ["edit", "pdq", "photo", "both", "imagededup-dhash"]
    assert [line.split()[0] for line in lines[2:5]] == ["grey", "mirror", "mean"]
    assert lines[5].startswith("edited by its kind: 1 pair of 3; 3.33e+05 in a million, if all")
    assert lines[6].endswith(f" bits: {folder / 'chelsea.jpg'} {folder / 'copy.jpg'}")
    assert lines[7:] == [str(plot), str(sheet)]
    for file in (plot, sheet):
        with Image.open(file) as image:
            assert min(image.size) > 200


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "copy.jpg").unlink()
    assert main(["benchmark", "edits", str(folder), *FEW[:4], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["database"], found["queries"], found["seed"]) == (2, 2, 0)
    columns = ["pdq", "photo", "both", "pdq-alone", "imagededup-phash", "imagededup-dhash"]
    assert list(found["recall_at_1"]["grey"]) == columns
    assert found["mean"] == found["recall_at_1"]["grey"]
    assert list(found["left_out"]) == ["imagededup-cnn"]
    alarms = found["false_alarms"]
    assert alarms == {"pictures": 2, "pairs": 1, "identical": 0, "alarms": [], "share": 0.0}


def test_without_peers_and_alarms(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "copy.jpg").unlink()  # as near to its original's edits as the original is
    few = ["--pictures", "1", "--edit", "grey", "--peers", "none", "--no-alarms"]
    assert main(["benchmark", "edits", str(folder), *few]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["edit", "pdq", "photo", "both"],
        ["grey", "1.000", "1.000", "1.000"],
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--peers", "ahash"], "no peer is named 'ahash'"),
        (["--edit", "sepia"], "no edit 'sepia'"),
        (["--edit", "collage-4"], "collage-4 takes 4 pictures, not 3"),
        (["--plot", "edits.gif"], "has to end in .png or .svg or .pdf"),
        (["--sheet", "alarms.gif"], "has to end in .png or"),
        (["--sheet", "alarms.png", "--no-alarms"], "leave out --no-alarms"),
        (["--weights", "missing.safetensors"], "can't be read as safetensors"),
    ],
)
def test_wrong_use(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--weights" in arguments:
        pytest.importorskip("torch")
    assert main(["benchmark", "edits", str(folder), *arguments]) != 0
    assert message in capsys.readouterr().err.splitlines()[-1]
