"""A real ONNX encoder, small: random hyperplanes of an 8 x 8 picture."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lookalike.encoders.cards import Card
from lookalike.types import InputSpec

__all__ = ["make_model"]

SIZE, BITS = 8, 64


def make_model(path: Path, seed: int) -> Path:
    """Write the model and its card; another seed is another version."""
    rng = np.random.default_rng(seed)
    arrays = {
        "planes": rng.normal(size=(SIZE * SIZE * 3, BITS)).astype(np.float32),
        "middle": np.array(127.5, np.float32),
        "flat": np.array([-1, SIZE * SIZE * 3]),
        "grouped": np.array([-1, BITS // 8, 8]),
        "powers": 2.0 ** np.arange(7, -1, -1, dtype=np.float32),
        "zero": np.array(0, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["real", "middle"], ["centred"]),
        helper.make_node("Reshape", ["centred", "flat"], ["row"]),
        helper.make_node("MatMul", ["row", "planes"], ["projected"]),
        helper.make_node("Greater", ["projected", "zero"], ["set"]),
        helper.make_node("Cast", ["set"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["ones", "grouped"], ["groups"]),
        helper.make_node("MatMul", ["groups", "powers"], ["bytes"]),
        helper.make_node("Cast", ["bytes"], ["code"], to=TensorProto.UINT8),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("code", TensorProto.UINT8, ["n", BITS // 8])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    card = Card("small", BITS, 0, InputSpec(SIZE, "stretch", "box"))
    path.with_suffix(".json").write_text(card.to_json(checksum=False))
    values = json.loads(path.with_suffix(".json").read_text())
    values["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(values))
    return path
