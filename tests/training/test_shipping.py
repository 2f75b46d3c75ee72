from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lookalike.encoders.cards import Card
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.errors import ModelError
from lookalike.training import export
from lookalike.training.checkpoint import Epoch
from lookalike.training.config import Config
from lookalike.training.curves import plot_curves, write_curves
from lookalike.training.examples import Examples
from lookalike.training.export import Agreement
from lookalike.training.loop import Trained, train
from lookalike.training.networks.hash_network import Encoding
from lookalike.training.shipping import write_model

pytestmark = pytest.mark.slow

SIDE = 16
CONFIG = Config(
    network="thesis-cnn", width=10, side=SIDE, epochs=1, batch=16, part=8, optimizer="adamw"
)


def trained(config: Config) -> tuple[Trained, Examples]:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (32, SIDE, SIDE, 3)).astype(np.uint8)
    data = Examples("noise", pictures, np.arange(32) % 2, ("a", "b"))
    return train(data, config), data


@pytest.mark.parametrize("loss", ["greedyhash", "softmax"])
def test_a_model_gives_the_codes_of_its_network(loss: str, tmp_path: Path) -> None:
    config = replace(CONFIG, loss=loss, mirror=True)
    made, data = trained(config)
    path = tmp_path / "small.onnx"
    card = write_model(made, config, data.pictures, path, command="lookalike train x")
    encoder = OnnxEncoder(path)
    assert encoder.card == card == Card.read(tmp_path / "small.json")
    assert (card.name, card.bits, card.command) == ("small", 10, "lookalike train x")
    assert card.figures["settings"]["loss"] == loss
    assert data.digest in card.fitted_on
    found = encoder.encode(list(data.pictures))
    with torch.inference_mode():
        expected = Encoding(made.network, mirror=True)(torch.from_numpy(data.pictures))
    differing = np.unpackbits(found.codes ^ expected.code.numpy(), axis=1)
    assert differing.mean() < 0.01
    if loss == "greedyhash":
        assert found.embeddings is None
        return
    # Real features: their signs are the code, their direction is the embedding.
    assert encoder.embedding_size == 10
    assert found.embeddings is not None
    signs = np.packbits(found.embeddings > 0, axis=1)
    far = np.packbits(np.abs(found.embeddings) > 2, axis=1)
    assert not ((signs ^ found.codes) & far).any()


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        made, data = trained(CONFIG)
        (tmp_path / name).mkdir()
        path = tmp_path / name / "m.onnx"
        write_model(made, CONFIG, data.pictures, path)
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_a_graph_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, data = trained(CONFIG)
    monkeypatch.setattr(export, "check", lambda *_: Agreement(0.5, 0.9, 0.1))
    with pytest.raises(ModelError, match="nothing was written"):
        write_model(made, CONFIG, data.pictures, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_curves_hold_what_was_measured(tmp_path: Path) -> None:
    epochs = [
        Epoch(1, 2.0, 0.4, 1.9, 0.5, 0.1, 3.5),
        Epoch(2, 1.5, 0.6, None, None, 0.05, 3.0),
    ]
    write_curves(epochs, tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["loss"] for row in rows] == ["2.0", "1.5"]
    assert rows[1]["validation_loss"] == ""
    plot_curves(epochs, tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as image:
        assert image.size[0] > 600
