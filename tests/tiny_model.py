"""The smallest model with a card of lookalike's own."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lookalike.encoders.cards import CARD_KEY, Card
from lookalike.types import InputSpec

__all__ = ["CARD", "SIZE", "tiny"]

SIZE = 2
CARD = Card("tiny-8", 8, 3, InputSpec(SIZE, "stretch"))


def tiny(card: Card | None = CARD, **changes: str) -> bytes:
    """A model: the code is the picture's first byte, the embedding its first pixel less 128."""
    name = changes.get("pixels", "pixels")
    code = changes.get("code", "code")
    nodes = [
        helper.make_node("Reshape", [name, "flat_shape"], ["flat"]),
        helper.make_node("Slice", ["flat", "zero", "one", "axis"], [code]),
        helper.make_node("Slice", ["flat", "zero", "three", "axis"], ["first"]),
        helper.make_node("Cast", ["first"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["wide", "middle"], ["centred"]),
        helper.make_node("Cast", ["centred"], ["embedding"], to=TensorProto.INT8),
    ]
    numbers = {"flat_shape": [-1, SIZE * SIZE * 3], "zero": [0], "one": [1], "three": [3]}
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.UINT8, ["n", SIZE, SIZE, 3])],
        [
            helper.make_tensor_value_info(code, TensorProto.UINT8, ["n", 1]),
            helper.make_tensor_value_info("embedding", TensorProto.INT8, ["n", 3]),
        ],
        [
            *(numpy_helper.from_array(np.array(v, np.int64), k) for k, v in numbers.items()),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
            numpy_helper.from_array(np.array(128, np.float32), "middle"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    if card is not None:
        helper.set_model_props(model, {CARD_KEY: card.to_json(checksum=False)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
