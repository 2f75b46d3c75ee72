"""Networks to ONNX files that :class:`lookalike.encoders.onnx.OnnxEncoder` runs."""

from __future__ import annotations

import copy
import hashlib
import logging
import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lookalike.encoders.cards import CARD_KEY, Card
from lookalike.errors import ModelError, UsageError
from lookalike.training.networks.hash_head import LEVELS
from lookalike.training.quantise import quantise

__all__ = [
    "Agreement",
    "check",
    "checked_export",
    "export",
    "fold_batch_norm",
    "halve",
    "inputs_of",
    "to_onnx",
]

OPSET = 18
"""Of the graph: ONNX Runtime 1.18, the oldest that lookalike takes, knows it."""

HALVED_FROM = 256
"""Weights of fewer numbers stay float32: halving them saves nothing."""

LEAST_COSINE = 0.999
"""Between the features of a network and of its graph with halved weights."""

OUTPUTS = ("code", "embedding")
CHECK_OUTPUTS = (*OUTPUTS, "features", "logits")


def export(
    network: nn.Module,
    card: Card,
    path: Path,
    *,
    calibration: npt.NDArray[np.uint8] | None = None,
) -> Card:
    """Write a network as ``path`` and its card beside it.

    Args:
        network: in evaluation mode, uint8 pixels (n, size, size, 3) to a
            :class:`~lookalike.training.networks.hash_head.CodeOutputs` or a tuple of its kind.
        card: what to say of it; the checksum is filled in.
        path: of the ``.onnx`` file; the card becomes the ``.json`` of the same name.
        calibration: pictures that the convolutions are brought to 8 bits by; none leaves them.

    Returns:
        The card with the checksum.
    """
    model = to_onnx(network, card.input.size, embedding=bool(card.embedding_size))
    if calibration is not None:
        model = quantise(model, calibration)
    model = halve(model)
    helper.set_model_props(model, {CARD_KEY: card.to_json(checksum=False)})
    data = model.SerializeToString(deterministic=True)
    complete = replace(card, sha256=hashlib.sha256(data).hexdigest())
    path.write_bytes(data)
    path.with_suffix(".json").write_text(complete.to_json(), encoding="utf-8")
    return complete


def to_onnx(
    network: nn.Module, size: int, *, embedding: bool = True, floats: bool = False
) -> onnx.ModelProto:
    """The network as a float32 graph, with batch norm folded and any number of pictures at once.

    Args:
        network: as in :func:`export`.
        size: of its input, in pixels.
        embedding: whether the output ``embedding`` is wanted.
        floats: keep the outputs ``features`` and ``logits`` too, for :func:`check`.
    """
    if network.training:
        raise UsageError("the network is in training mode: call its eval() before the export")
    folded = fold_batch_norm(network)
    names = CHECK_OUTPUTS if floats else OUTPUTS if embedding else OUTPUTS[:1]
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)  # it reports every operator of torchvision that it misses
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                folded,
                (example,),
                input_names=["pixels"],
                output_names=list(CHECK_OUTPUTS),
                opset_version=OPSET,
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("n")},),
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    if program is None:
        raise ModelError("PyTorch exported nothing: use a version of torch from 2.5 on")
    return trimmed(program.model_proto, names)


def trimmed(model: onnx.ModelProto, outputs: tuple[str, ...]) -> onnx.ModelProto:
    """Only what the outputs need, without the notes on where in the source a node came from."""
    graph = model.graph
    needed = set(outputs)
    nodes = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            bare = onnx.NodeProto()
            bare.CopyFrom(node)
            del bare.metadata_props[:]
            bare.doc_string = ""
            nodes.append(bare)
    slim = helper.make_graph(
        nodes[::-1],
        "lookalike",
        list(graph.input),
        [entry for entry in graph.output if entry.name in outputs],
        [entry for entry in graph.initializer if entry.name in needed],
    )
    made = helper.make_model(slim, producer_name="lookalike", opset_imports=model.opset_import)
    made.ir_version = min(model.ir_version, 10)  # ONNX Runtime 1.18 reads up to 10
    onnx.checker.check_model(made)
    return made


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """A copy in which every convolution has taken in the batch norm that follows it.

    Pairs are neighbours in a module's order of definition, the way :class:`torch.nn.Sequential`
    runs them.
    """
    folded = copy.deepcopy(network)
    for parent in folded.modules():
        children = list(parent.named_children())
        for (name, conv), (after, norm) in pairwise(children):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, after, nn.Identity())
    return folded


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its weights stored as float16, and still computed in float32.

    Each weight gets a ``Cast``, which ONNX Runtime folds away when it loads the file. A matrix
    whose rows are whole numbers in 8 bits times a scale is stored as these, which loses nothing.
    """
    halved = onnx.ModelProto()
    halved.CopyFrom(model)
    graph = halved.graph
    casts: list[onnx.NodeProto] = []
    scaling: list[onnx.TensorProto] = []
    # The scales of 8-bit numbers have to be of the type of what they scale.
    scales = {n.input[1] for n in graph.node if n.op_type in ("QuantizeLinear", "DequantizeLinear")}
    for entry in graph.initializer:
        values = numpy_helper.to_array(entry)
        if (
            entry.data_type != TensorProto.FLOAT
            or values.size < HALVED_FROM
            or entry.name in scales
        ):
            continue
        if not np.abs(values).max() < np.finfo(np.float16).max:
            raise ModelError(f"weight {entry.name} has values beyond what float16 holds")
        name = entry.name
        if (parts := whole_numbers(values)) is not None:
            stored, whole, scale = (f"{name}_{part}" for part in ("bytes", "whole", "scale"))
            entry.CopyFrom(numpy_helper.from_array(parts[0], stored))
            scaling.append(numpy_helper.from_array(parts[1], scale))
            casts.append(helper.make_node("Cast", [stored], [whole], to=TensorProto.FLOAT))
            casts.append(helper.make_node("Mul", [whole, scale], [name]))
            continue
        entry.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    graph.initializer.extend(scaling)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(halved)
    return halved


def whole_numbers(
    values: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]] | None:
    """A matrix as int8 (rows, n) times a scale a row (rows, 1), ``None`` where that isn't exact."""
    if values.ndim != 2:
        return None
    scale = np.maximum(np.abs(values).max(1, keepdims=True), np.float32(1e-12)) / np.float32(LEVELS)
    numbers = np.rint(values / scale)
    # The product may be a last bit beside what PyTorch made of the same numbers.
    return (
        (numbers.astype(np.int8), scale.astype(np.float32))
        if np.allclose(numbers * scale, values, rtol=1e-6, atol=0.0)
        else None
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a model in ONNX Runtime is from its network in PyTorch.

    Attributes:
        difference: largest absolute difference of a feature.
        cosine: least cosine between the features of one picture.
        bits: share of bits that differ.
    """

    difference: float
    cosine: float
    bits: float


def check(model: onnx.ModelProto, network: nn.Module, pixels: npt.NDArray[np.uint8]) -> Agreement:
    """Compare a model that was made with ``floats=True`` with the network that it came from.

    Args:
        model: from :func:`to_onnx`, or from :func:`halve` of that.
        network: the original.
        pixels: uint8 (n, size, size, 3).
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: list[npt.NDArray[Any]] = session.run(["features", "code"], {"pixels": pixels})
    with torch.inference_mode():
        code, _, features, _ = network(torch.from_numpy(pixels))
    ours, theirs = found[0].astype(np.float64), features.numpy().astype(np.float64)
    norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return Agreement(
        difference=float(np.abs(ours - theirs).max()),
        cosine=float(((ours * theirs).sum(1) / norms).min()),
        bits=float(np.unpackbits(found[1] ^ code.numpy(), axis=1).mean()),
    )


def checked_export(
    network: nn.Module, size: int, pixels: npt.NDArray[np.uint8], *, most: float
) -> tuple[Agreement, Agreement]:
    """How far the float32 graph of a network, and the one with halved weights, are from it.

    Args:
        network: as in :func:`export`.
        size: of its input, in pixels.
        pixels: to compare on, uint8 (n, size, size, 3).
        most: that a number of the float32 graph's features may differ by.

    Raises:
        ModelError: a graph computes something else than the network.
    """
    graph = to_onnx(network, size, floats=True)
    single, halved = check(graph, network, pixels), check(halve(graph), network, pixels)
    if single.difference > most or halved.cosine < LEAST_COSINE:
        raise ModelError(
            f"the exported graph doesn't compute what the network does (float32: {single}; "
            f"halved: {halved}): nothing was written"
        )
    return single, halved


def inputs_of(model: onnx.ModelProto, weight: str) -> tuple[onnx.ModelProto, list[str]]:
    """A copy of a model that also gives what the layers with a weight are given, and the names.

    Args:
        model: whose graph has such a layer; one for each view of a picture, where it averages them.
        weight: part of the name of the layer's weight.
    """
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    layers = [node for node in opened.graph.node if weight in "".join(node.input)]
    names = [node.input[0] for node in layers if node.op_type in ("Gemm", "MatMul")]
    for name in names:
        opened.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return opened, names
