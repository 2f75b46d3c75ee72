"""``lookalike train`` on folders that the tests make."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.cli import main
from lookalike.encoders.onnx import OnnxEncoder

FAST = ["--network", "thesis-cnn", "--size", "16", "--schedule", "one-cycle", "--bits", "12"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes of noisy colours, 16 pictures each."""
    random = np.random.default_rng(0)
    for name, colour in (("blue", (30, 30, 200)), ("green", (30, 200, 30)), ("red", (200, 30, 30))):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(16):
            noise = random.integers(-30, 31, (24, 20, 3))
            pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number}.png")
    return tmp_path / "data"


def test_a_folder_gives_a_model_and_a_report(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.onnx"
    words = ["train", str(folder), *FAST, "--epochs", "12", "--batch", "12", "--out", str(out)]
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bits"] == 12
    assert set(told["retrieval"]) == {"before", "after", "shipped"}
    assert told["retrieval"]["after"]["queries"] == 9
    assert told["retrieval"]["after"]["map"] > 0.8
    assert OnnxEncoder(out).bits == 12
    names = {path.name for path in tmp_path.iterdir()} - {"data"}
    ends = ("onnx", "json", "csv", "png", "checkpoint", "learned.npz")
    assert names == {f"mine.{end}" for end in ends}
    card = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert str(tmp_path) not in card["command"]
    assert card["figures"]["map"] == told["retrieval"]["after"]["map"]

    # Again with the same seed: the same file. Resumed: no more to do, and the same file.
    first = out.read_bytes()
    assert main([*words, "--resume"]) == 0
    told_again = capsys.readouterr()
    assert "resumed after epoch 12 of 12" in told_again.err
    for row in ("before the training: mine", "after it: mine", "beside it, as shipped: photo-256"):
        assert f"\n{row}" in told_again.out
    assert out.read_bytes() == first
    # What it is measured by is not what it learned from, and its record says so.
    done = main(["evaluate", str(out), str(folder), "--json"])
    assert (done, json.loads(capsys.readouterr().out)["seen"]["queries"]) == (0, 0)
    assert main(["evaluate", str(out), str(folder), "--seed", "1"]) == 1
    assert "queries are pictures that mine learned from" in capsys.readouterr().err

    codes = tmp_path / "codes.npz"
    assert main(["encode", str(folder), "--code", str(out), "--out", str(codes)]) == 0
    with np.load(codes) as arrays:
        assert arrays["codes"].shape == (48, 2)


def test_two_classes_of_one_picture_each(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.glob("*/*"):
        if path.name != "0.png" or path.parent.name == "green":
            path.unlink()
    out = tmp_path / "mine.onnx"
    assert main(["train", str(folder), *FAST, "--epochs", "1", "--out", str(out)]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("lookalike: what a class has in common is learned from two pictures")
    assert "too few are left to train on of blue, red" in told
    assert not out.exists()


def test_nested_widths_and_balanced_classes(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4, 16):
        (folder / "red" / f"{number}.png").unlink()
    out = tmp_path / "mine.onnx"
    words = ["train", str(folder), *FAST, "--epochs", "1", "--batch", "12", "--out", str(out)]
    assert main([*words, "--nested", "8,4", "--balanced", "--protocol", "incremental"]) == 0
    card = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    settings = card["figures"]["settings"]
    assert (settings["nested"], settings["balanced"]) == ([4, 8], True)
    assert "--nested 8,4 --balanced" in card["command"]
    capsys.readouterr()
    evaluate = ["evaluate", str(out), str(folder), "--protocol", "incremental", "--json"]
    assert main([*evaluate, "--bits", "4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["bits"], len(told["stages"])) == (4, 2)


def test_real_features_come_as_an_embedding(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.onnx"
    words = ["--network", "thesis-cnn", "--size", "16", "--reals", "6", "--epochs", "1"]
    assert main(["train", str(folder), *words, "--batch", "8", "--out", str(out)]) == 0
    assert (OnnxEncoder(out).bits, OnnxEncoder(out).embedding_size) == (6, 6)


def test_a_folder_without_labels_is_learned_from(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    for path in folder.glob("*/*.png"):
        path.rename(loose / f"{path.parent.name}-{path.name}")
    out = tmp_path / "mine.onnx"
    words = ["train", str(loose), *FAST, "--epochs", "1", "--batch", "16", "--out", str(out)]
    assert main(words) == 0
    assert "no folders of classes in it, so bihalf learns without labels" in capsys.readouterr().err
    assert main([*words, "--loss", "cibhash"]) == 0
    assert main([*words, "--loss", "csq"]) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--bits", "8", "--reals", "8"], "exclude each other"),
        (["--start", "a.checkpoint", "--weights", "b.checkpoint"], "exclude each other"),
        (["--network", "vgg"], "no network 'vgg'"),
        (["--loss", "triplet"], "no loss 'triplet'"),
        (["--protocol", "cifar10-full"], "cifar10-full is for CIFAR-10"),
        (["--protocol", "thesis"], "leave it out"),
        (["--resume"], "no checkpoint"),
        (["--nested", "4,x"], "--nested takes whole numbers with commas between"),
        (["--nested", "4,64"], "have to rise from 1 on, and stay below"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    given = ["train", str(folder), "--size", "16", "--out", str(tmp_path / "m.onnx")]
    if "--network" not in words:
        given += ["--network", "thesis-cnn", "--schedule", "one-cycle"]
    assert main([*given, *words]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("lookalike: ")
    assert message in error
    assert not (tmp_path / "m.onnx").exists()


@pytest.fixture
def like_cifar(tmp_path: Path) -> Path:
    """A data folder with CIFAR-10's layout and 6,600 pictures, whose classes are shades of grey."""
    random = np.random.default_rng(0)
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for file in [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]:
        labels = np.arange(1100) % 10
        noise = random.integers(-20, 21, (1100, 3072))
        data = (labels[:, None] * 20 + 30 + noise).astype(np.uint8)
        fields = {
            b"data": data,
            b"labels": labels.tolist(),
            b"filenames": [f"{file}-{n}.png".encode() for n in range(1100)],
        }
        (folder / file).write_bytes(pickle.dumps(fields, protocol=2))
    names = [f"shade{n}".encode() for n in range(10)]
    (folder / "batches.meta").write_bytes(pickle.dumps({b"label_names": names}))
    return folder.parent


@pytest.mark.slow
def test_a_teacher_labels_what_a_protocol_has_without_labels(
    like_cifar: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "cifar10", "--data-dir", str(like_cifar), "--protocol", "cifar10-5k"]
    words += [*FAST, "--epochs", "1", "--batch", "50", "--finish", "30"]
    assert main([*words, "--out", str(tmp_path / "first.onnx")]) == 0
    teacher = ["--teacher", str(tmp_path / "first.checkpoint"), "--trust", "0.5"]
    assert main([*words, *teacher, "--out", str(tmp_path / "second.onnx")]) == 0
    capsys.readouterr()
    card = json.loads((tmp_path / "second.json").read_text(encoding="utf-8"))
    # 600 of 6,600 are left of 1,000 queries and 5,000 with labels; half of each class, rounded up.
    labelled = re.search(
        r"cifar10-5k, (\d+) of them labelled by first \((\S+) p", card["fitted_on"]
    )
    assert labelled is not None
    assert 300 <= int(labelled[1]) <= 310
    assert labelled[2] == f"{5000 + int(labelled[1]):,}"
    assert "--teacher first.checkpoint --trust 0.5" in card["command"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trust", "0.5"], "--trust is about what a --teacher says"),
        (["--teacher", "a.checkpoint"], "give --protocol cifar10-5k"),
        (["--teacher", "a.checkpoint", "--protocol", "resisc-80-20"], "give --protocol cifar10-5k"),
    ],
)
def test_a_teacher_needs_something_to_label(
    folder: Path,
    tmp_path: Path,
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.checkpoint").touch()
    out = tmp_path / "mine.onnx"
    assert main(["train", str(folder), *FAST, *words, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--start", "nope.checkpoint"], "--start nope.checkpoint: there is no such file"),
        (["--teacher", "nope.checkpoint"], "--teacher nope.checkpoint: there is no such file"),
        (["--learning-rate", "nan"], "--learning-rate is a number, not nan"),
        (["--validation", "nan"], "--validation is a number, not nan"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(
    given: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The folder isn't there: whoever looked for it first would say that.
    assert main(["train", str(tmp_path / "gone"), "--out", "x.onnx", *given]) == 2
    assert told in capsys.readouterr().err
