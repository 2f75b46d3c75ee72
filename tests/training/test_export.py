from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from lookalike.encoders.cards import Card
from lookalike.encoders.onnx import OnnxEncoder
from lookalike.encoders.registry import MODELS
from lookalike.errors import ModelError, UsageError
from lookalike.training.export import OPSET, check, export, fold_batch_norm, halve, to_onnx
from lookalike.training.networks.efficientnet_lite import (
    ConvNorm,
    EfficientNetLite,
    normalise,
)
from lookalike.training.networks.hash_head import (
    CLASSES,
    CodeNetwork,
    CodeOutputs,
    HashHead,
    class_shares,
    pack_bits,
    pool,
    round_rows,
)
from lookalike.training.photo_head import photo_network
from lookalike.types import InputSpec

SIZE = 16
CARD = Card("small", 20, 12, InputSpec(SIZE, "stretch"), licence="Apache-2.0")


class Small(nn.Module):
    """All kinds of layers of a shipped model, in one that is exported at once."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ConvNorm(3, 32, 3, 2)
        self.second = ConvNorm(32, 32, 5, 2, groups=32)
        self.head = HashHead(32, embedding_size=12, bits=20)

    def forward(self, pixels: Tensor) -> CodeOutputs:
        features, logits = self.head(pool(self.second(self.first(normalise(pixels)))))
        rounded = torch.round(features * self.head.scale).clamp(-127.0, 127.0)
        return CodeOutputs(pack_bits(logits > 0), rounded.to(torch.int8), features, logits)


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(1)
    made = Small()
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):  # statistics as after training, not 0 and 1
            nn.init.normal_(module.running_mean)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2.0)  # type: ignore[arg-type]
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.normal_(module.bias)
    return made.eval()


@pytest.fixture(scope="module")
def graph(network: nn.Module) -> onnx.ModelProto:
    return to_onnx(network, SIZE, floats=True)


def noise(count: int, size: int = SIZE) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(count).integers(0, 256, (count, size, size, 3)).astype(np.uint8)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_graph_computes_what_the_network_does(
    graph: onnx.ModelProto, network: nn.Module, count: int
) -> None:
    found = check(graph, network, noise(count))
    assert found.difference < 1e-5
    assert found.cosine > 1 - 1e-9
    assert found.bits == 0


def test_halved_weights_lose_next_to_nothing(graph: onnx.ModelProto, network: nn.Module) -> None:
    halved = halve(graph)
    found = check(halved, network, noise(20))
    assert 0 < found.difference < 0.01  # it did lose something: the weights are float16
    assert found.cosine > 0.9999
    kinds = {t.data_type for t in halved.graph.initializer if np.prod(t.dims) >= 256}
    assert kinds <= {TensorProto.FLOAT16, TensorProto.INT64}
    assert TensorProto.FLOAT16 in kinds


def test_check_sees_a_wrong_weight(graph: onnx.ModelProto, network: nn.Module) -> None:
    wrong = onnx.ModelProto()
    wrong.CopyFrom(graph)
    largest = max(wrong.graph.initializer, key=lambda entry: int(np.prod(entry.dims)))
    values = numpy_helper.to_array(largest)
    largest.CopyFrom(numpy_helper.from_array(values * 1.5, largest.name))
    assert check(wrong, network, noise(3)).difference > 0.01


def test_the_graph_is_clean(graph: onnx.ModelProto) -> None:
    kinds = {node.op_type for node in graph.graph.node}
    assert "BatchNormalization" not in kinds
    assert {opset.domain for opset in graph.opset_import} == {""}
    assert not any(node.metadata_props or node.doc_string for node in graph.graph.node)
    assert str(Path(__file__).parents[1]).encode() not in graph.SerializeToString()


def test_exported_files_are_run_by_the_encoder(network: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    card = export(network, CARD, path)
    assert Card.read(tmp_path / "small.json") == card
    first = path.read_bytes()
    assert export(network, CARD, path) == card
    assert path.read_bytes() == first

    encoder = OnnxEncoder(path)
    assert encoder.card == card
    pixels = noise(5)
    found = encoder.encode(list(pixels))
    with torch.inference_mode():
        expected = network(torch.from_numpy(pixels))
    assert found.codes.shape == (5, 3)
    assert np.bitwise_count(found.codes ^ expected.code.numpy()).sum() <= 1
    assert found.embeddings is not None
    difference = found.embeddings.astype(int) - expected.embedding.numpy().astype(int)
    assert np.abs(difference).max() <= 1
    # Padding bits are zero, and the card within the file does without the one beside it.
    assert not (found.codes[:, 2] & 0x0F).any()
    (tmp_path / "small.json").unlink()
    assert OnnxEncoder(path).name == "small"


def test_a_network_in_training_is_refused() -> None:
    with pytest.raises(UsageError, match="training mode"):
        to_onnx(Small().train(), SIZE)


def test_weights_beyond_float16_are_refused() -> None:
    value = numpy_helper.from_array(np.full(300, 1e6, np.float32), "w")
    node = helper.make_node("Add", ["x", "w"], ["y"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [300]) for name in "xy"]
    model = helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:], [value]))
    with pytest.raises(ModelError, match="weight w"):
        halve(model)


def test_folding_changes_no_output_and_not_the_original(network: nn.Module) -> None:
    folded = fold_batch_norm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    pixels = torch.from_numpy(noise(4))
    with torch.inference_mode():
        torch.testing.assert_close(folded(pixels).features, network(pixels).features)


@pytest.mark.parametrize("bits", [1, 7, 8, 9, 48, 256])
def test_pack_bits_is_numpys(bits: int) -> None:
    rows = np.random.default_rng(bits).random((6, bits)) > 0.5
    rows[0], rows[1] = False, True
    found = pack_bits(torch.from_numpy(rows))
    assert found.dtype == torch.uint8
    np.testing.assert_array_equal(found.numpy(), np.packbits(rows, axis=1))


def test_pool_lies_between_average_and_maximum() -> None:
    maps = torch.rand(2, 5, 4, 4)
    cubes = (maps.double() ** 3).mean((2, 3)) ** (1 / 3)
    torch.testing.assert_close(pool(maps).double(), cubes, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(pool(maps, 1.0), maps.mean((2, 3)))
    assert (pool(maps) >= maps.mean((2, 3))).all()
    assert (pool(maps) <= maps.amax((2, 3))).all()


def test_class_shares_are_the_roots_of_probabilities() -> None:
    scores = torch.randn(4, 9) * 5
    found = class_shares(scores)
    expected = np.exp(scores.double().numpy())
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(found.numpy(), np.sqrt(expected), atol=1e-6)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(4))


def test_the_head_is_given_features_and_classes() -> None:
    backbone = EfficientNetLite("lite0", classes=7)
    network = CodeNetwork(backbone, HashHead(CodeNetwork.width(backbone), 12, 20)).eval()
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        given = network.pooled(pixels)
        scores = backbone(normalise(pixels))
    assert given.shape == (2, 1287)
    torch.testing.assert_close(given[:, :1280].norm(dim=1), torch.ones(2))
    torch.testing.assert_close(given[:, 1280:], CLASSES * class_shares(scores))


def test_class_weights_are_stored_in_8_bits_without_loss() -> None:
    rough = torch.randn(30, 40)
    whole = round_rows(rough)
    step = rough.abs().amax(1, keepdim=True) / 127
    assert ((whole - rough).abs() <= step / 2 * 1.001).all()
    rows = torch.randn(6, 40)
    for weight, kind, error in (
        (whole, TensorProto.INT8, 1e-5),
        (rough, TensorProto.FLOAT16, 2e-2),
    ):
        small = halve(linear(weight))
        assert max(small.graph.initializer, key=lambda e: np.prod(e.dims)).data_type == kind
        session = onnxruntime.InferenceSession(small.SerializeToString())
        (found,) = session.run(None, {"x": rows.numpy()})
        np.testing.assert_allclose(found, (rows @ weight.T).numpy(), atol=error)


def linear(weight: Tensor) -> onnx.ModelProto:
    """A graph of one layer."""
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)],
        "linear",
        [helper.make_tensor_value_info("x", kind, ["n", weight.shape[1]])],
        [helper.make_tensor_value_info("y", kind, ["n", weight.shape[0]])],
        [numpy_helper.from_array(weight.numpy(), "w")],
    )
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=10)


def test_head_sees_directions_only() -> None:
    head = HashHead(10, embedding_size=4, bits=6)
    pooled = torch.rand(3, 10)
    features, logits = head(pooled)
    again, _ = head(7.0 * pooled)
    torch.testing.assert_close(features, again)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(3))
    expected = functional.linear(features, head.rotate.weight, head.rotate.bias)
    torch.testing.assert_close(logits, expected)


@pytest.fixture(scope="module")
def photographs(original_photos: Path) -> npt.NDArray[np.uint8]:
    from PIL import Image

    rows = []
    for path in sorted(original_photos.iterdir()):
        with Image.open(path) as image:
            rows.append(np.asarray(image.resize((224, 224), Image.Resampling.BILINEAR)))
    return np.stack(rows)


def test_the_shipped_file_holds_the_published_weights(
    photographs: npt.NDArray[np.uint8],
) -> None:
    """The shipped file's pooled features against those of the weights that it was made from.

    The head's own weights are read out of the file, all others from the package.
    """
    model = onnx.load(MODELS / "photo-256.onnx")
    stored = {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}
    network = photo_network("lite0", 256)
    with torch.no_grad():
        for name in ("project", "rotate"):
            layer = getattr(network.head, name)
            for part in ("weight", "bias"):
                (values,) = (v for k, v in stored.items() if f"head.{name}.{part}" in k)
                getattr(layer, part).copy_(torch.from_numpy(values.astype(np.float32)))
        features = network(torch.from_numpy(photographs)).features.numpy().astype(np.float64)
    found = OnnxEncoder(MODELS / "photo-256.onnx").encode(list(photographs)).embeddings
    assert found is not None
    wide = found.astype(np.float64)
    cosines = (wide * features).sum(1) / np.linalg.norm(wide, axis=1)
    assert cosines.min() > 0.9990  # int8 alone costs up to 0.0005
