"""Convolutions in 8 bits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.training import quantise as module
from lookalike.training.export import halve, to_onnx
from lookalike.training.networks.hash_head import CodeOutputs, pack_bits
from lookalike.training.quantise import quantise

SIZE = 16


class Small(nn.Module):
    """Seven convolutions, most of them clipped, with a sum around one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        widths = [3, 8, 8, 8, 8, 8, 8, 300]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths)
        )

    def forward(self, pixels: Tensor) -> CodeOutputs:
        x = pixels.permute(0, 3, 1, 2).to(torch.float32) / 32
        for number, convolution in enumerate(self.convolutions):
            found = convolution(x)
            if number == 4:
                x = x + found
            else:
                x = torch.clamp(2 * found if number > 1 else found, 0.0, 6.0)
        features = x.mean((2, 3)) - 1.0
        bits = pack_bits(features > 0)
        return CodeOutputs(bits, torch.round(features * 20).to(torch.int8), features, features)


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return to_onnx(Small().eval(), SIZE, floats=True)


@pytest.fixture(scope="module")
def pictures() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (20, SIZE, SIZE, 3), dtype=np.uint8)


def features(model: onnx.ModelProto, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: npt.NDArray[np.float32] = session.run(["features"], {"pixels": pictures})[0]
    return found


def kinds(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_it_computes_nearly_the_same_in_a_smaller_file(
    graph: onnx.ModelProto, pictures: npt.NDArray[np.uint8]
) -> None:
    made = quantise(graph, pictures, first=1, last=1)
    ours, theirs = features(made, pictures), features(graph, pictures)
    assert not np.array_equal(ours, theirs)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999
    assert features(halve(made), pictures) == pytest.approx(ours, abs=0.02)
    assert quantise(graph, pictures, first=1, last=1) == made  # the same each time
    whole = quantise(graph, pictures, first=0, last=0)
    assert whole.ByteSize() < graph.ByteSize() / 2


def test_the_ends_stay_as_they_are(graph: onnx.ModelProto, pictures: npt.NDArray[np.uint8]) -> None:
    made = quantise(graph, pictures, first=2, last=1)
    floats = {entry.name for entry in made.graph.initializer if entry.data_type == 1}
    taken = [node.input[1] in floats for node in made.graph.node if node.op_type == "Conv"]
    assert taken == [True, True, False, False, False, False, True]


def test_clips_that_saturation_does_are_taken_out_and_nothing_changes(
    graph: onnx.ModelProto, pictures: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = quantise(graph, pictures, first=0, last=0)
    monkeypatch.setattr(module, "clip_by_saturation", lambda model: 0)
    whole = quantise(graph, pictures, first=0, last=0)
    assert kinds(whole).count("Clip") - kinds(made).count("Clip") >= 4
    # Rounded once where it was rounded twice: a step of 8 bits here and there.
    assert features(made, pictures) == pytest.approx(features(whole, pictures), abs=0.02)


def test_wrong_use(graph: onnx.ModelProto, pictures: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="no pictures to calibrate"):
        quantise(graph, pictures[:0])
    with pytest.raises(UsageError, match="of 7 convolutions 7 stay float32"):
        quantise(graph, pictures, first=4, last=3)
