"""The commands with third-party models, from a hub on this machine and from folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import pytest
from hub_server import Hub
from PIL import Image

Run = Callable[..., Any]

COMMIT = "d4" * 20


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """``kinds/<colour>/<n>.png``: six of each colour."""
    rng = np.random.default_rng(0)
    for name, rgb in hub_models.COLOURS.items():
        folder = tmp_path / "kinds" / name
        folder.mkdir(parents=True)
        for number in range(6):
            pixels = np.array(rgb) * 0.7 + 30 + rng.normal(0, 30, (40, 60, 3))
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
            picture.save(folder / f"{number}.png")
    return tmp_path / "kinds"


@pytest.fixture
def model(hub: Hub, tmp_path: Path) -> Path:
    folder = hub_models.clip(tmp_path / "served" / "clip")
    hub.models["Ana/clip"] = (folder, COMMIT)
    return folder


def failed(done: Any, code: int, *words: str) -> None:
    """It ended with one line that says this, and no traceback."""
    assert (done.code, done.out) == (code, "")
    assert len(done.err.splitlines()) == 1, done.err
    for word in words:
        assert word in done.err


def test_from_a_hub_to_an_answer(run: Run, hub: Hub, model: Path, pictures: Path) -> None:
    assert run("index", pictures, "--model", "hub:Ana/clip").code == 0
    status = run("status", "--json").json["codes"][1]
    assert (status["name"], status["bits"]) == ("clip", hub_models.WIDTH)
    assert (status["model"], status["fitted_on"]) == (f"hub:Ana/clip@{COMMIT}", 24)
    assert "fitted on 24" in run("status").out
    done = run("search", pictures / "red" / "0.png", "-k", 6, "--json")
    assert {Path(hit["path"]).parent.name for hit in done.json["hits"]} == {"red"}
    done = run("search", "--text", "a blue picture", "-k", 6, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["query"] == "a blue picture"
    assert {Path(hit["path"]).parent.name for hit in done.json["hits"]} == {"blue"}
    assert done.json["hits"][0]["distance"] is None
    # The same command again, though the model has moved on: the library keeps its own.
    hub.models["Ana/clip"] = (model, "e5" * 20)
    hub.asked.clear()
    assert run("index", pictures, "--model", "hub:Ana/clip").code == 0
    assert run("index", "--model", f"hub:Ana/clip@{COMMIT}").code == 0
    assert hub.asked == []
    failed(run("index", "--model", f"hub:Ana/clip@{'e5' * 20}"), 1, "reindex --model hub:Ana/clip")
    assert run("reindex", "--model", "hub:Ana/clip").code == 0
    assert run("status", "--json").json["codes"][1]["model"] == f"hub:Ana/clip@{'e5' * 20}"


def test_texts_for_people_and_on_a_sheet(
    run: Run, hub: Hub, model: Path, pictures: Path, tmp_path: Path
) -> None:
    run("index", pictures, "--model", f"hub:{model}")
    done = run("search", "--text", "a white picture", "-k", 2, "--plot", "sheet.png")
    heading, first, _second, sheet = done.out.splitlines()
    assert heading.split() == ["kind", "code", "distance", "similarity", "size", "path"]
    assert first.split()[:2] == ["alike", "clip"]
    assert "/64" not in first
    assert sheet == str(tmp_path / "sheet.png")
    with Image.open(sheet) as picture:
        assert min(picture.size) > 300


def test_what_is_asked_wrongly(run: Run, hub: Hub, pictures: Path, tmp_path: Path) -> None:
    run("index", pictures)
    picture = pictures / "red" / "0.png"
    failed(run("search"), 2, "PICTURE or --text")
    failed(run("search", picture, "--text", "red"), 2, "PICTURE or --text")
    failed(run("search", "--text", "red", "--code", "pdq"), 2, "pdq knows no texts")
    failed(run("search", "--text", "red"), 2, "'photo-256'", "knows no texts", "lookalike reindex")
    failed(run("search", "--text", ""), 2, "knows no texts")


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("hub:Ana/none", 1, "check both"),
        ("hub:Ana", 2, "no model on the hub"),
        ("hub:./none", 1, "no such folder"),
        ("onnx:none.onnx", 1, "no such model file"),
        ("hub:Ana/clip:q8", 1, "there are fp32, fp16"),
    ],
)
def test_a_model_that_isn_t_there_leaves_no_library(
    run: Run, model: Path, pictures: Path, tmp_path: Path, name: str, code: int, word: str
) -> None:
    failed(run("index", pictures, "--model", name), code, word)
    assert not (tmp_path / "l.lookalike").exists()
    failed(run("encode", pictures, "--code", name, "--out", "c.npz"), code, word)
    failed(run("evaluate", name, pictures, "--protocol", "resisc-80-20"), code, word)


def test_encode_fits_on_what_it_is_given(
    run: Run, hub: Hub, model: Path, pictures: Path, tmp_path: Path
) -> None:
    assert run("encode", pictures, "--code", f"hub:{model}", "--out", "c.npz").code == 0
    assert run("encode", pictures, "--code", f"hub:{model}", "--out", "d.npz").code == 0
    assert run("encode", pictures / "red", "--code", f"hub:{model}", "--out", "r.npz").code == 0
    with np.load("c.npz") as one, np.load("d.npz") as two, np.load("r.npz") as red:
        for name in ("codes", "embeddings", "paths"):
            np.testing.assert_array_equal(one[name], two[name])
        bits = np.unpackbits(one["codes"], axis=1).mean(0)
        assert bits.min() > 0.1
        assert bits.max() < 0.9
        rows = [list(one["paths"]).index(path) for path in red["paths"]]
        assert (one["codes"][rows] != red["codes"]).any()
        # The features are the model's own, whatever it was fitted on.
        np.testing.assert_allclose(one["embeddings"][rows], red["embeddings"], atol=0.03)
        np.testing.assert_allclose(np.linalg.norm(one["embeddings"], axis=1), 1, rtol=1e-5)


def test_evaluate_fits_on_the_database(run: Run, hub: Hub, model: Path, pictures: Path) -> None:
    done = run(
        "evaluate", "hub:Ana/clip", pictures, "--protocol", "resisc-80-20", "-k", 3, "--json"
    )
    assert done.code == 0, done.err
    assert done.json["bits"] == hub_models.WIDTH
    assert done.json["map"] > 0.9  # the colours are easy to tell apart


def test_a_deleted_cache_is_filled_by_the_command_that_is_named(
    run: Run,
    hub: Hub,
    model: Path,
    pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lookalike.encoders.fitted.STORED_BYTES", 1000)
    run("index", pictures, "--model", "hub:Ana/clip")
    shutil.rmtree(tmp_path / "cache" / "huggingface" / "hub")
    done = run("search", pictures / "red" / "0.png")
    failed(done, 1, "isn't in the cache any more")
    command = done.err.split("'lookalike ")[1].split("'")[0].split()
    assert run(*command).code == 0
    assert run("search", pictures / "red" / "0.png").code == 0


def test_a_file_of_ones_own(run: Run, pictures: Path, tmp_path: Path) -> None:
    file = hub_models.tiny(tmp_path / "mine.onnx")
    assert run("index", pictures, "--model", "onnx:mine.onnx").code == 0
    assert run("index", "--model", file).code == 0
    found = json.loads(run("status", "--json").out)["codes"][1]
    assert (found["name"], found["model"]) == ("mine", f"onnx:{file}")
    failed(run("search", "--text", "red"), 2, "'mine'", "knows no texts")
