"""A network and a loss of a package outside the tree: the one that the documentation shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.cli import main
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.errors import UsageError
from lookalike.training.config import Config
from lookalike.training.losses import loss_named

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training.md"
FAST = ["--size", "16", "--bits", "8", "--epochs", "2", "--batch", "8", "--schedule", "one-cycle"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package of the page's example, with its entry points."""
    text = PAGE.read_text(encoding="utf-8")
    source = next(b for b in re.findall(r"```python\n(.*?)```", text, re.S) if "(Backbone)" in b)
    points = next(b for b in re.findall(r"```toml\n(.*?)```", text, re.S) if "entry-points" in b)
    site = tmp_path / "site"
    (site / "mine-1.0.dist-info").mkdir(parents=True)
    (site / "mine.py").write_text(source, encoding="utf-8")
    lines = re.sub(r'\[project\.entry-points\."([\w.]+)"\]', r"[\1]", points).replace('"', "")
    info = site / "mine-1.0.dist-info"
    (info / "entry_points.txt").write_text(lines, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(site)
    return site


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for name, colour in (("blue", (30, 30, 200)), ("red", (200, 30, 30))):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(10):
            noise = random.integers(-30, 31, (24, 20, 3))
            pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number}.png")
    return tmp_path / "data"


def test_both_are_trained_and_resumed(package: Path, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.onnx"
    words = ["train", str(pictures), *FAST, "--out", str(out)]
    assert main([*words, "--network", "mine:Net", "--loss", "mine:Margin"]) == 0
    assert OnnxEncoder(out).bits == 8
    card = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert "--network mine:Net --loss mine:Margin" in card["command"]
    assert card["attribution"] == ""
    first = out.read_bytes()
    assert main([*words, "--network", "mine:Net", "--loss", "mine:Margin", "--resume"]) == 0
    assert out.read_bytes() == first


def test_a_folder_gets_all_files_and_a_page(package: Path, pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run-1"
    words = ["train", str(pictures), *FAST, "--network", "mine:Net", "--out", str(folder)]
    assert main(words) == 0
    ends = ("onnx", "json", "csv", "png", "checkpoint", "learned.npz")
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.html", *(f"run-1.{end}" for end in ends)}
    page = (folder / "report.html").read_text(encoding="utf-8")
    for told in (
        "<h1>run-1, 8 bits</h1>",
        "before the training: run-1",
        "data:image/png",
        "mine:Net",
    ):
        assert told in page
    assert "http" not in page
    assert main([*words[:-1], str(tmp_path / "mine.txt")]) == 2


def test_entry_points_name_them(package: Path) -> None:
    assert loss_named("mine-margin").__name__ == "Margin"
    assert Config(network="mine-net").network == "mine-net"
    with pytest.raises(UsageError, match="mine-net, or give your own"):
        Config(network="mine-nat")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--network", "nowhere:Net"], "the module 'nowhere' of a network can't be imported"),
        (["--network", "mine:Other"], "mine has no 'Other'"),
        (["--network", "mine:Margin"], "mine:Margin is no network"),
        (["--loss", "mine:Net"], "mine:Net is no loss"),
        (["--loss", "broken:Loss"], "ZeroDivisionError"),
    ],
)
def test_what_is_none_is_told_in_one_line(
    package: Path,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    (package / "broken.py").write_text("1 / 0\n")
    assert main(["train", str(pictures), *FAST, *words, "--out", str(tmp_path / "o.onnx")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert told in lines[-1]
    assert lines[-1].startswith("lookalike: ")
