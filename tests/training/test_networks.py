"""Backbones, the network around them, and what the export makes of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lookalike.errors import ModelError, UsageError
from lookalike.training.build import build
from lookalike.training.config import Config
from lookalike.training.export import check, halve, to_onnx
from lookalike.training.networks.hash_network import Backbone, Encoding, HashNetwork
from lookalike.training.networks.lite import Lite
from lookalike.training.networks.noise import Dropout, reseed
from lookalike.training.networks.resnet9 import ResNet9
from lookalike.training.networks.resnet50 import ResNet50
from lookalike.training.networks.thesis_cnn import ThesisCNN

pytestmark = pytest.mark.slow

SIDE = 32
PIXELS = torch.from_numpy(
    np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 3)).astype(np.uint8)
)


def backbone(name: str) -> Backbone:
    torch.manual_seed(1)
    made: Backbone
    if name == "resnet9":
        made = ResNet9((16, 24, 24))
        made.prepare(PIXELS)
    elif name == "thesis-cnn":
        made = ThesisCNN(SIDE, (4, 8, 8))
    elif name == "lite0":
        made = Lite("lite0", 64, blank=True)
    else:
        made = ResNet50(blocks=(1, 1, 1, 1))
    made.train()
    for _ in range(3):  # statistics as after training
        made(PIXELS)
    return made


NAMES = ("resnet9", "thesis-cnn", "lite0", "resnet50")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["sign", "real", "hard-sigmoid"])
def test_outputs_have_their_shapes(name: str, kind: str) -> None:
    network = HashNetwork(backbone(name), 20, 3, kind)  # type: ignore[arg-type]
    found = network(PIXELS)
    assert found.pooled.shape == (6, network.backbone.channels)
    assert found.features.shape == found.codes.shape == (6, 20)
    assert found.logits.shape == (6, 3)
    found.logits.sum().backward()
    trained = [p for p in network.parameters() if p.requires_grad]
    assert all(p.grad is not None for p in trained)
    values = set(found.codes.unique().tolist())
    expected = {"sign": {-1.0, 1.0}, "hard-sigmoid": {0.0, 1.0}}
    assert kind == "real" or values <= expected[kind]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("mirror", "quarters"), [(False, False), (True, False), (True, True)])
def test_the_export_agrees_with_the_network(name: str, mirror: bool, quarters: bool) -> None:
    network = HashNetwork(backbone(name), 12, 3, "real")
    network.train()
    network(PIXELS)
    model = Encoding(network.eval(), mirror=mirror, quarters=quarters)
    graph = to_onnx(model, SIDE, floats=True)
    found = check(graph, model, PIXELS.numpy())
    assert found.difference < 1e-4
    assert found.bits == 0
    assert check(halve(graph), model, PIXELS.numpy()).cosine > 0.99


def test_a_mirror_image_gets_the_code_of_its_picture() -> None:
    network = HashNetwork(backbone("resnet9"), 16, 2).eval()
    model = Encoding(network, mirror=True)
    with torch.inference_mode():
        torch.testing.assert_close(model(PIXELS).logits, model(PIXELS.flip(2)).logits)


def test_a_picture_has_one_code_however_it_lies() -> None:
    network = HashNetwork(backbone("resnet9"), 16, 2).eval()
    model = Encoding(network, mirror=True, quarters=True)
    with torch.inference_mode():
        expected = model(PIXELS).logits
        assert not torch.allclose(expected, Encoding(network)(PIXELS).logits, atol=1e-3)
        for turns in range(4):
            turned = torch.rot90(PIXELS, turns, (1, 2))
            for lying in (turned, turned.flip(1)):
                torch.testing.assert_close(model(lying).logits, expected)


def test_the_first_layer_whitens() -> None:
    network = ResNet9((8, 8, 8))
    pictures = torch.from_numpy(
        np.random.default_rng(1).integers(0, 256, (40, 8, 8, 3)).astype(np.uint8)
    )
    network.prepare(pictures)
    filtered = network.whiten(network.normalise(pictures)).detach()
    rows = filtered.permute(1, 0, 2, 3).flatten(1)
    covariance = rows[:12] @ rows[:12].T / rows.shape[1]
    torch.testing.assert_close(covariance, torch.eye(12), atol=0.02, rtol=0)
    torch.testing.assert_close(rows[12:], -rows[:12])
    assert not network.whiten.weight.requires_grad


def test_resnet9_starts_near_the_identity_and_fits_into_ten_megabytes() -> None:
    weight = ResNet9((8, 16, 16)).groups[1].conv2.weight  # type: ignore[union-attr]
    assert torch.equal(weight[:, :, 1, 1], torch.eye(16))  # type: ignore[index]
    count = sum(p.numel() for p in ResNet9().parameters())
    assert 2 * count < 9_500_000


def test_dropout_is_seeded_and_only_for_training() -> None:
    layer = Dropout(0.4)
    x = torch.ones(100, 100)
    layer.seed = 3
    first = layer(x)
    assert torch.equal(first, layer(x))
    assert (first == 0).float().mean().item() == pytest.approx(0.4, abs=0.02)
    assert first.mean().item() == pytest.approx(1.0, abs=0.03)
    assert torch.equal(layer.eval()(x), x)
    network = nn.Sequential(Dropout(0.5), Dropout(0.5))
    reseed(network, (1, 2))
    seeds = [m.seed for m in network]
    reseed(network, (1, 3))
    assert len({*seeds, *(m.seed for m in network)}) == 4


def test_resnet50_takes_weights_in_timms_naming(tmp_path: Path) -> None:
    torch.manual_seed(2)
    source = ResNet50(blocks=(1, 1, 1, 1))
    weights = {n: v for n, v in source.state_dict().items() if "num_batches" not in n}
    assert {"conv1.weight", "bn1.running_var", "layer1.0.downsample.0.weight"} <= set(weights)
    assert "layer4.0.bn3.bias" in weights
    path = tmp_path / "model.safetensors"
    save_file({**weights, "fc.weight": torch.zeros(10, 2048), "fc.bias": torch.zeros(10)}, path)
    loaded = ResNet50(path, blocks=(1, 1, 1, 1)).eval()
    with torch.inference_mode():
        torch.testing.assert_close(loaded(PIXELS), source.eval()(PIXELS))


def test_the_whole_resnet50_has_its_published_size() -> None:
    with torch.device("meta"):
        network = ResNet50()
    assert sum(p.numel() for p in network.parameters()) == 25_557_032 - 2_049_000


def test_unfit_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(UsageError, match="no such file"):
        ResNet50(path, blocks=(1, 1, 1, 1))
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="isn't a safetensors file"):
        ResNet50(path, blocks=(1, 1, 1, 1))
    save_file({"conv1.weight": torch.zeros(1)}, path)
    with pytest.raises(ModelError, match="timm's naming"):
        ResNet50(path, blocks=(1, 1, 1, 1))


def test_a_frozen_backbone_keeps_its_weights_and_statistics() -> None:
    network = HashNetwork(backbone("resnet9"), 8, 2, frozen=True)
    before = {n: v.clone() for n, v in network.backbone.state_dict().items()}
    network.train()
    network(PIXELS).logits.sum().backward()
    assert all(p.grad is None for p in network.backbone.parameters())
    for name, value in network.backbone.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize(("width", "classes"), [(0, 2), (4097, 2), (8, 0)])
def test_impossible_sizes_are_refused(width: int, classes: int) -> None:
    with pytest.raises(UsageError):
        HashNetwork(backbone("thesis-cnn"), width, classes)


def test_networks_are_built_by_name() -> None:
    config = Config(side=32)
    assert isinstance(build(config, 4).backbone, ResNet9)
    thesis = build(replace(config, network="thesis-cnn", loss="thesis"), 4)
    assert isinstance(thesis.backbone, ThesisCNN)
    assert isinstance(thesis.feature.norm, nn.Identity)
    assert thesis.kind == "hard-sigmoid"
    with pytest.raises(UsageError, match="no network"):
        replace(config, network="vgg")  # type: ignore[arg-type]
