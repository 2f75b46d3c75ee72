"""``lookalike train FOLDER --unlabelled`` on details of photographs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.cli import main
from lookalike.encoders.onnx import OnnxEncoder

pytestmark = pytest.mark.slow

SIZE = "64"  # small, for speed; the model that is shipped takes 224


@pytest.fixture(scope="module")
def details(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight folders of 84 details, each of one photograph; one file is damaged."""
    folder = tmp_path_factory.mktemp("details") / "mine"
    random = np.random.default_rng(1)
    for path in sorted(original_photos.iterdir()):
        (folder / path.stem).mkdir(parents=True)
        with Image.open(path) as photo:
            for number in range(84):
                left, top = (int(random.integers(0, side - 100)) for side in photo.size)
                detail = photo.crop((left, top, left + 100, top + 100))
                detail.save(folder / path.stem / f"{number:02}.jpg", quality=90)
    (folder / "coins" / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return folder


def test_a_model_of_ones_own_pictures(
    details: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.onnx"
    words = ["train", str(details), "--unlabelled", "--size", SIZE, "--licence", "MIT"]
    assert main([*words, "--json", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    before, after = told["retrieval"]["shipped"], told["retrieval"]["fitted"]
    assert (before["model"], after["model"]) == ("photo-256", "mine")
    assert 130 <= after["queries"] <= 136  # a fifth, without the damaged one
    assert 534 <= after["database"] <= 540
    assert after["kept_neighbours_at_10"] > before["kept_neighbours_at_10"]
    assert after["map"] > 0.3  # by chance an eighth
    assert set(after["precision_at"]) == {"1", "10"}

    encoder = OnnxEncoder(out)
    assert (encoder.bits, encoder.embedding_size, encoder.input.size) == (256, 256, 64)
    assert encoder.input.fit == "stretch"
    card = encoder.card
    assert "pictures, without labels" in card.fitted_on
    assert card.command == (
        "lookalike train mine --unlabelled --size 64 --licence MIT --seed 0 --out mine.onnx"
    )
    assert card.licence == "MIT"
    assert "EfficientNet-Lite0" in card.attribution
    assert card.figures["retrieval"] == told["retrieval"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "mine.onnx",
        "mine.json",
        "mine.learned.npz",
    }

    # A library takes it, and finds what was learned from.
    library = ["--library", str(tmp_path / "a.lookalike")]
    assert main(["index", str(details / "rocket"), "--model", str(out), *library]) == 0
    capsys.readouterr()
    asked = str(details / "rocket" / "07.jpg")
    assert main(["search", asked, "--code", "photo", "--json", *library]) == 0
    hits = json.loads(capsys.readouterr().out)["hits"]
    assert Path(hits[0]["path"]).name == "07.jpg"
    assert {hit["code"] for hit in hits} == {"mine"}


def test_without_folders_neighbours_alone_are_compared(
    details: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    for path in details.rglob("*.jpg"):
        if path.name != "damaged.jpg":
            shutil.copy(path, loose / f"{path.parent.name}-{path.name}")
    words = ["train", str(loose), "--unlabelled", "--size", SIZE, "--bits", "64"]
    models = []
    for name in ("a", "b"):
        out = tmp_path / name / "own.onnx"
        out.parent.mkdir()
        assert main([*words, "--out", str(out)]) == 0
        models.append(out.read_bytes())
    assert models[0] == models[1]  # the same pictures and seed, the same file
    shown = capsys.readouterr().out
    assert "134 pictures that weren't learned from, searched for in 538 that were" in shown
    assert "shipped: photo-256" in shown
    assert "fitted: own" in shown
    assert "mAP" not in shown
    assert OnnxEncoder(tmp_path / "a" / "own.onnx").bits == 64


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", "3"], "--epochs is about learning from labels"),
        (["--resume"], "--resume is about"),
        (["--loss", "bihalf"], "--loss is about"),
        (["--reals", "8"], "--reals is about"),
        (["--network", "resnet9"], "starts from lite0, lite1, lite2: 'resnet9'"),
        (["--bits", "300"], "has 8 to 256 bits: 300"),
        ([], "6 pictures are too few to fit 256 directions on: it takes 513 or more"),
    ],
)
def test_wrong_use(
    original_photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    out = tmp_path / "mine.onnx"
    assert main(["train", str(original_photos), "--unlabelled", *words, "--out", str(out)]) != 0
    assert message in " ".join(capsys.readouterr().err.split())
    assert not out.exists()
