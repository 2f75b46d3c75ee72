"""The recipes of docs/encoders.md for copy descriptors, with exports of their shape."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hub_models
import numpy as np
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper
from PIL import Image

from lookalike.cli import program
from lookalike.encoders import registry
from lookalike.encoders.fitted import FittedEncoder
from lookalike.road import Road

PAGE = Path(__file__).resolve().parents[2] / "docs" / "encoders.md"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CHANNELS = 16


def recipe() -> dict[str, Any]:
    """The card as the page shows it."""
    text = PAGE.read_text(encoding="utf-8").split("## Copy descriptors")[1]
    found = re.search(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    made: dict[str, Any] = json.loads(found[1])
    return made


def descriptor(path: Path, width: int, *, normalised: bool) -> Path:
    """Convolutions, the generalised mean of exponent 3, and a layer; of random weights."""
    made = np.random.default_rng(5)
    arrays = {
        "kernel": made.normal(size=(CHANNELS, 3, 8, 8)).astype(np.float32) / 8,
        "layer": made.normal(size=(CHANNELS, width)).astype(np.float32),
        "three": np.array(3, np.float32),
        "third": np.array(1 / 3, np.float32),
        "least": np.array(1e-6, np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["pixel_values", "kernel"], ["maps"], strides=[16, 16]),
        helper.make_node("Max", ["maps", "least"], ["positive"]),
        helper.make_node("Pow", ["positive", "three"], ["cubes"]),
        helper.make_node("GlobalAveragePool", ["cubes"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Pow", ["flat", "third"], ["pooled"]),
        helper.make_node("MatMul", ["pooled", "layer"], ["made" if normalised else "image_embeds"]),
    ]
    if normalised:
        nodes.append(helper.make_node("LpNormalization", ["made"], ["image_embeds"], axis=1, p=2))
    inputs = {"pixel_values": (TensorProto.FLOAT, ["n", 3, "height", "width"])}
    outputs = {"image_embeds": (TensorProto.FLOAT, ["n", width])}
    return hub_models.save(path, nodes, inputs, outputs, arrays)


CASES = [("sscd", 320, 512, True), ("dinohash", 224, 96, False)]


@pytest.mark.parametrize(("name", "side", "width", "normalised"), CASES)
def test_its_pixels_are_torchvision_s(
    tmp_path: Path, original_photos: Path, *, name: str, side: int, width: int, normalised: bool
) -> None:
    file = descriptor(tmp_path / f"{name}.onnx", width, normalised=normalised)
    card = {**recipe(), "name": name, "size": {"height": side, "width": side}}
    file.with_suffix(".json").write_text(json.dumps(card))
    encoder = registry.load(f"onnx:{file}")
    assert isinstance(encoder, FittedEncoder)
    assert (encoder.name, encoder.embedding_size, encoder.input.size) == (name, width, side)
    photo = original_photos / "rocket.jpg"
    with Road({"photo": encoder}) as road:
        prepared = road.picture(photo).inputs["photo"]
    with Image.open(photo) as image:
        # Resize([side, side]), ToTensor, Normalize
        stretched = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
    expected = (np.asarray(stretched) / 255 - MEAN) / STD
    values = encoder.tower.preprocessing.apply(prepared)
    assert np.abs(values - expected).max() < 1.01 / 255 / min(STD)
    assert len(encoder.encode([prepared]).codes) == 1


def test_the_recipe_is_for_sscd() -> None:
    assert recipe()["size"] == {"height": 320, "width": 320}
    assert recipe()["name"] == "sscd"


def test_the_benchmark_of_edits_takes_it(tmp_path: Path, photos: Path) -> None:
    file = descriptor(tmp_path / "sscd.onnx", 64, normalised=True)
    file.with_suffix(".json").write_text(json.dumps(recipe()))
    told = ["benchmark", "edits", str(photos), "--model", f"onnx:{file}", "--pictures", "2"]
    ran = CliRunner().invoke(
        program, [*told, "--edit", "grey", "--peers", "none", "--no-alarms", "--json"]
    )
    assert ran.exit_code == 0, ran.output
    assert "grey" in ran.stdout
