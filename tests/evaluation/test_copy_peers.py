"""The peers of copy detection: their bits are imagededup's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from lookalike.encoders.perceptual import PDQ
from lookalike.errors import ModelError, UsageError
from lookalike.evaluation.copy_peers import PEERS, open_peers

# What imagededup 0.3.3.post2 gave for these arrays: encode_image(image_array=...), PHash and DHash.
KNOWN = {
    "astronaut": ("c2924c5d32bddfc8", "cd8dd91d897293a7"),
    "chelsea": ("b15fe6465121975e", "5414589aab6fa785"),
    "coffee": ("bb8320376c0f3677", "f3e96933160b1b36"),
    "rocket": ("c0371bec1bed1267", "c0c0c0d0909090d1"),
}


def picture(name: str) -> Image.Image:
    return Image.fromarray(getattr(skimage.data, name)())


@pytest.mark.parametrize("name", KNOWN)
def test_hashes_are_those_of_imagededup(name: str) -> None:
    pytest.importorskip("scipy")
    peers, left_out = open_peers(("imagededup-phash", "imagededup-dhash"))
    assert not left_out
    assert tuple(peer.encode(picture(name)).tobytes().hex() for peer in peers) == KNOWN[name]


def test_pdq_alone_is_pdq_of_the_whole_picture() -> None:
    (peer,), _ = open_peers(("pdq-alone",))
    image = picture("chelsea")
    assert (peer.encode(image) == PDQ().encode([np.asarray(image)]).codes[0]).all()


def test_distances_count_bits() -> None:
    (peer,), _ = open_peers(("imagededup-dhash",))
    database = np.array([[0, 0], [255, 0], [255, 7]], np.uint8)
    assert peer.distances(np.array([255, 1], np.uint8), database).tolist() == [9, 1, 2]


def test_what_is_left_out() -> None:
    peers, left_out = open_peers()
    assert [peer.name for peer in peers] + list(left_out) == list(PEERS)
    assert "--weights FILE" in left_out["imagededup-cnn"]
    with pytest.raises(UsageError, match="no peer is named 'ahash': there are pdq-alone, "):
        open_peers(("ahash",))


def test_the_cnn_with_weights_of_torchvision(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from lookalike.training.networks.mobilenet_v3 import MobileNetV3Small

    torch.manual_seed(0)
    network = MobileNetV3Small().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    # The names as torchvision writes them: one layer in a row, blocks of one, two or three parts.
    own = network.state_dict()
    named = {
        "features.0.0.weight": own["layers.0.weight"],
        "features.1.block.0.0.weight": own["layers.3.layers.0.weight"],
        "features.1.block.1.fc1.bias": own["layers.3.layers.3.layers.1.bias"],
        "features.1.block.1.fc2.weight": own["layers.3.layers.3.layers.3.weight"],
        "features.1.block.2.1.running_var": own["layers.3.layers.5.running_var"],
        "features.2.block.2.0.weight": own["layers.4.layers.6.weight"],
        "features.4.block.2.fc1.weight": own["layers.6.layers.6.layers.1.weight"],
        "features.4.block.3.0.weight": own["layers.6.layers.7.weight"],
        "features.12.1.running_mean": own["layers.15.running_mean"],
    }
    from lookalike.training.networks.mobilenet_v3 import _torchvision_prefixes

    layers = [
        module
        for module in network.modules()
        if isinstance(module, torch.nn.Conv2d | torch.nn.BatchNorm2d)
    ]
    whole = {
        f"{prefix}.{key}": value.clone()
        for prefix, layer in zip(_torchvision_prefixes(), layers, strict=True)
        for key, value in layer.state_dict().items()
    }
    for name, value in named.items():
        assert torch.equal(whole[name], value), name
    whole["classifier.0.weight"] = torch.zeros(1024, 576)
    save_file(whole, tmp_path / "weights.safetensors")
    (peer,), left_out = open_peers(("imagededup-cnn",), tmp_path / "weights.safetensors")
    assert not left_out
    image = picture("chelsea")
    row = peer.encode(image)
    assert row.shape == (576,)
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)
    small = image.resize((256, 256), Image.Resampling.BILINEAR).crop((16, 16, 240, 240))
    pixels = torch.from_numpy(np.asarray(small, np.float32) / 255).permute(2, 0, 1)
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    with torch.inference_mode():
        expected = network(((pixels - mean) / deviation)[None])[0].numpy()
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-5)
    rows = np.stack([row, -row])
    assert peer.distances(row, rows) == pytest.approx([0, 2], abs=1e-5)

    del whole["features.12.0.weight"]
    save_file(whole, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=r"features\.12\.0\.weight is missing"):
        open_peers(("imagededup-cnn",), tmp_path / "other.safetensors")
    (tmp_path / "no.safetensors").write_bytes(b"not weights at all")
    with pytest.raises(ModelError, match="can't be read as safetensors"):
        open_peers(("imagededup-cnn",), tmp_path / "no.safetensors")
    with pytest.raises(ModelError, match="can't be read"):
        open_peers(("imagededup-cnn",), tmp_path / "missing.safetensors")
