"""Small models in the layout of the hub's ONNX exports, with real towers and a real tokenizer.

The image tower averages a picture over a 4 x 4 grid and turns the 48 numbers into features by a
matrix with orthonormal rows. A word's vector is what the tower gives for a picture of that colour,
and all texts have one direction more in common: their gap to the pictures, as CLIP has it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

__all__ = ["COLOURS", "MEAN", "STD", "WIDTH", "clip", "dino", "image_model", "siglip", "tiny"]

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255,) * 3}
WORDS = ["<start>", "<end>", "<pad>", "<unk>", "a", "picture", *COLOURS]
GRID, WIDTH = 4, 64
MEAN, STD = [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]
GAP = 3.0

Floats = npt.NDArray[np.float32]


def matrix() -> Floats:
    """(48, WIDTH), its rows orthonormal, so that the grid's cosines are those of the features."""
    square = np.linalg.qr(np.random.default_rng(0).normal(size=(WIDTH, WIDTH)))[0]
    return square[: 3 * GRID * GRID].astype(np.float32)


def words() -> Floats:
    """(words, WIDTH): a colour's vector is that of a picture of it; other words have none."""
    table = np.zeros((len(WORDS), WIDTH), np.float32)
    for name, rgb in COLOURS.items():
        flat = (np.array(rgb) / 255 - MEAN) / STD
        table[WORDS.index(name)] = np.repeat(flat, GRID * GRID) @ matrix()
    return table


def save(
    path: Path,
    nodes: list[Any],
    inputs: dict[str, tuple[int, list[Any]]],
    outputs: dict[str, tuple[int, list[Any]]],
    arrays: dict[str, npt.NDArray[Any]],
) -> Path:
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(n, t, shape) for n, (t, shape) in inputs.items()],
        [helper.make_tensor_value_info(n, t, shape) for n, (t, shape) in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


def picture_nodes(side: int, out: str) -> tuple[list[Any], dict[str, npt.NDArray[Any]]]:
    cell = side // GRID
    nodes = [
        helper.make_node(
            "AveragePool", ["pixel_values"], ["cells"], kernel_shape=[cell] * 2, strides=[cell] * 2
        ),
        helper.make_node("Reshape", ["cells", "row"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], [out]),
    ]
    return nodes, {"row": np.array([-1, 3 * GRID * GRID]), "matrix": matrix()}


def image_model(path: Path, side: int, *, output: str = "image_embeds", half: bool = False) -> Path:
    """A vision tower; in ``last_hidden_state`` the features come first, and 16 other tokens."""
    nodes, arrays = picture_nodes(side, "made" if output == "last_hidden_state" else output)
    shape: list[Any] = ["n", WIDTH]
    if output == "last_hidden_state":
        arrays |= {"axis": np.array([1]), "tokens": np.array([1, GRID * GRID, 1])}
        arrays |= {"minus": np.array(-1, np.float32)}
        nodes += [
            helper.make_node("Unsqueeze", ["made", "axis"], ["first"]),
            helper.make_node("Mul", ["first", "minus"], ["other"]),
            helper.make_node("Tile", ["other", "tokens"], ["others"]),
            helper.make_node("Concat", ["first", "others"], [output], axis=1),
        ]
        shape = ["n", GRID * GRID + 1, WIDTH]
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    if half:
        arrays = {
            k: v.astype(np.float16) if v.dtype == np.float32 else v for k, v in arrays.items()
        }
    inputs = {"pixel_values": (kind, ["n", 3, "height", "width"])}
    return save(path, nodes, inputs, {output: (kind, shape)}, arrays)


def text_nodes(*, mask: bool) -> tuple[list[Any], dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """The sum of the words' vectors, and the gap; without a mask padding counts too."""
    gap = np.zeros(WIDTH, np.float32)
    gap[:] = np.linalg.qr(np.random.default_rng(0).normal(size=(WIDTH, WIDTH)))[0][-1] * GAP
    arrays: dict[str, npt.NDArray[Any]] = {"words": words(), "gap": gap, "over": np.array([1])}
    nodes = [helper.make_node("Gather", ["words", "input_ids"], ["each"])]
    inputs: dict[str, Any] = {"input_ids": (TensorProto.INT64, ["n", "length"])}
    last = "each"
    if mask:
        inputs["attention_mask"] = (TensorProto.INT64, ["n", "length"])
        arrays["last"] = np.array([2])
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["real", "last"], ["weights"]),
            helper.make_node("Mul", ["each", "weights"], ["masked"]),
        ]
        last = "masked"
    nodes += [
        helper.make_node("ReduceSum", [last, "over"], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", "gap"], ["text_embeds"]),
    ]
    return nodes, arrays, inputs


def text_model(path: Path, *, mask: bool = True) -> Path:
    nodes, arrays, inputs = text_nodes(mask=mask)
    return save(path, nodes, inputs, {"text_embeds": (TensorProto.FLOAT, ["n", WIDTH])}, arrays)


def joint_model(path: Path, side: int) -> Path:
    """Both towers in one file, as some exports have them."""
    one, first, _ = text_nodes(mask=True)
    two, second = picture_nodes(side, "image_embeds")
    inputs = {
        "input_ids": (TensorProto.INT64, ["texts", "length"]),
        "pixel_values": (TensorProto.FLOAT, ["n", 3, "height", "width"]),
        "attention_mask": (TensorProto.INT64, ["texts", "length"]),
    }
    outputs = {
        "text_embeds": (TensorProto.FLOAT, ["texts", WIDTH]),
        "image_embeds": (TensorProto.FLOAT, ["n", WIDTH]),
    }
    return save(path, [*one, *two], inputs, outputs, {**first, **second})


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="<unk>"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>",
        special_tokens=[("<start>", WORDS.index("<start>")), ("<end>", WORDS.index("<end>"))],
    )
    return made


def write(folder: Path, **files: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in files.items():
        (folder / f"{name}.json").write_text(json.dumps(values))


def clip(folder: Path, *, joint: bool = False) -> Path:
    """Two towers, as Xenova's CLIP has them."""
    write(
        folder,
        config={"model_type": "clip", "projection_dim": WIDTH},
        preprocessor_config={
            "crop_size": {"height": 16, "width": 16},
            "do_center_crop": True,
            "do_convert_rgb": True,
            "do_normalize": True,
            "do_rescale": True,
            "do_resize": True,
            "feature_extractor_type": "CLIPFeatureExtractor",
            "image_mean": MEAN,
            "image_std": STD,
            "resample": 3,
            "rescale_factor": 1 / 255,
            "size": {"shortest_edge": 16},
        },
        tokenizer_config={"model_max_length": 8, "pad_token": "<pad>", "do_lower_case": True},
    )
    tokenizer().save(str(folder / "tokenizer.json"))
    if joint:
        joint_model(folder / "onnx" / "model.onnx", 16)
        return folder
    image_model(folder / "onnx" / "vision_model.onnx", 16)
    image_model(folder / "onnx" / "vision_model_fp16.onnx", 16, half=True)
    text_model(folder / "onnx" / "text_model.onnx")
    return folder


def dino(folder: Path) -> Path:
    """One tower whose first token is the picture's, as onnx-community's DINOv2 has it."""
    write(
        folder,
        config={"model_type": "dinov2", "hidden_size": WIDTH},
        preprocessor_config={
            "crop_size": {"height": 16, "width": 16},
            "do_center_crop": True,
            "image_mean": MEAN,
            "image_processor_type": "BitImageProcessor",
            "image_std": STD,
            "resample": 3,
            "size": {"shortest_edge": 20},
        },
    )
    image_model(folder / "onnx" / "model.onnx", 16, output="last_hidden_state")
    return folder


def siglip(folder: Path) -> Path:
    """Two towers of which the text's reads its padding, as onnx-community's SigLIP has them."""
    write(
        folder,
        config={"model_type": "siglip"},
        preprocessor_config={
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "SiglipImageProcessor",
            "image_std": [0.5, 0.5, 0.5],
            "do_normalize": True,
            "resample": 2,
            "size": {"height": 16, "width": 16},
        },
        tokenizer_config={"model_max_length": 1e30, "pad_token": {"content": "<pad>"}},
    )
    tokenizer().save(str(folder / "tokenizer.json"))
    image_model(folder / "onnx" / "vision_model.onnx", 16, output="pooler_output")
    text_model(folder / "onnx" / "text_model.onnx", mask=False)
    return folder


def tiny(path: Path, **card: Any) -> Path:
    """An ONNX file of one's own with a small card."""
    image_model(path, 16, output="features")
    values = {"size": 16, "image_mean": MEAN, "image_std": STD, "resample": 4, **card}
    path.with_suffix(".json").write_text(json.dumps(values))
    return path
