"""Convolutions in 8-bit integers: half the time of float32, and a quarter of the file.

Weights get a scale for each channel, activations one for each tensor, from what calibration
pictures make them reach (B. Jacob et al., "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference", 2018, section 2).
"""

from __future__ import annotations

import logging
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from lookalike.errors import UsageError
from lookalike.types import Pixels

__all__ = ["quantise"]

BATCH = 8
"""Calibration pictures that go through the network at once."""

FIRST, LAST = 3, 1
"""Convolutions at the network's ends that stay float32: they are few, and what they lose is never
made good again."""

LEVELS = 255
"""Steps of an unsigned 8-bit number."""


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # the package has no types
    """Calibration pictures, batch by batch."""

    def __init__(self, name: str, pictures: Pixels) -> None:
        self.name = name
        self.batches = iter(np.array_split(pictures, range(BATCH, len(pictures), BATCH)))

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self.batches, None)
        return None if batch is None else {self.name: batch}


def quantise(
    model: onnx.ModelProto, pictures: Pixels, *, first: int = FIRST, last: int = LAST
) -> onnx.ModelProto:
    """A float32 model with most of its convolutions in 8 bits.

    Args:
        model: with one input, of uint8 pixels.
        pictures: to calibrate with, uint8 (n, size, size, 3); a hundred will do.
        first: convolutions at the start that stay float32.
        last: the same at the end.

    Raises:
        UsageError: there are no pictures, or the model has no convolution left to quantise.
    """
    if not len(pictures):
        raise UsageError("there are no pictures to calibrate the 8-bit model with")
    convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
    if len(convolutions) <= first + last or not all(convolutions):
        raise UsageError(
            f"of {len(convolutions)} convolutions {first + last} stay float32: none is left"
        )
    level = logging.root.level
    logging.root.setLevel(logging.ERROR)  # the package talks to the root logger
    try:
        with tempfile.TemporaryDirectory() as folder:
            given, prepared, made = (Path(folder) / f"{n}.onnx" for n in ("given", "prep", "made"))
            onnx.save(model, given)
            # What it says of shapes, beyond what ONNX does, fails on graphs without fixed ones.
            quant_pre_process(given, prepared, skip_symbolic_shape=True)
            names = [n.name for n in onnx.load(prepared).graph.node if n.op_type == "Conv"]
            quantize_static(
                prepared,
                made,
                _Pictures(model.graph.input[0].name, pictures),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Conv", "Add"],
                nodes_to_exclude=[*names[:first], *names[len(names) - last :]],
                calibrate_method=CalibrationMethod.MinMax,
            )
            found = onnx.load(made)
    finally:
        logging.root.setLevel(level)
    clip_by_saturation(found)
    onnx.checker.check_model(found)
    return found


def clip_by_saturation(model: onnx.ModelProto) -> int:
    """Take out each clip to [0, 6] that the numbers' own range does anyway; how many there were.

    Between a convolution and the clip after it the package puts a step to 8 bits and back, which
    keeps ONNX Runtime from joining the two. Where the 8 bits after the clip span no more than the
    clip does, whatever is below or above saturates there just the same.
    """
    graph = model.graph
    maker = {output: node for node in graph.node for output in node.output}
    users = Counter(name for node in graph.node for name in node.input)
    taker = {name: node for node in graph.node for name in node.input}
    numbers = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
    dropped: set[str] = set()
    for clip in graph.node:
        if clip.op_type != "Clip" or users[clip.output[0]] != 1:
            continue
        to_bits = taker[clip.output[0]]
        back = maker.get(clip.input[0])
        if to_bits.op_type != "QuantizeLinear" or back is None:
            continue
        if back.op_type != "DequantizeLinear" or users[back.output[0]] != 1:
            continue
        before = maker.get(back.input[0])
        if before is None or before.op_type != "QuantizeLinear" or users[before.output[0]] != 1:
            continue
        lowest, highest = (float(numbers[name]) for name in clip.input[1:3])
        scale, zero = (numbers[name].item() for name in to_bits.input[1:3])
        if lowest != 0.0 or zero != 0 or scale * LEVELS > highest * (1 + 1e-6):
            continue
        to_bits.input[0] = before.input[0]
        dropped.update(node.output[0] for node in (before, back, clip))
    kept = [node for node in graph.node if node.output[0] not in dropped]
    count = len(graph.node) - len(kept)
    del graph.node[:]
    graph.node.extend(kept)
    needed = {name for node in kept for name in node.input}
    values = [entry for entry in graph.initializer if entry.name in needed]
    del graph.initializer[:]
    graph.initializer.extend(values)
    return count // 3
