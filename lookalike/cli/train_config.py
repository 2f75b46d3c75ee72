"""The settings of a training, from the options of ``lookalike train``."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lookalike.cli.progress import byte_bar
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.datasets import Dataset
    from lookalike.training.config import Config

__all__ = ["config_for"]

# Options that are settings of the same name.
_SETTINGS = (
    "network",
    "loss",
    "epochs",
    "batch",
    "seed",
    "inside",
    "schedule",
    "learning_rate",
    "finish",
    "balanced",
)
_FEWEST_STEPS = 300  # of a training on a folder, whose pictures may be few
_MOST_EPOCHS = 60  # likewise
_AERIAL_EPOCHS = 16


def config_for(dataset: Dataset, given: dict[str, Any]) -> Config:
    """The recipe of the network, with what the command says instead."""
    from lookalike.training.config import at_32_pixels, recipe
    from lookalike.training.losses import loss_named
    from lookalike.training.weights import pinned

    small = dataset.kind == "cifar10"
    config = recipe(given["network"] or ("resnet9" if small else "lite0"))
    told = {name: given[name] for name in _SETTINGS if given[name] is not None}
    if given["start"] is not None:
        told["start"] = str(given["start"])
    if given["weights"] is not None:
        with byte_bar("downloading") as fetched:
            told["weights"] = pinned(given["weights"], fetched)
    if not dataset.class_names:
        told.setdefault("loss", "bihalf")
    if small and config.side > 32:
        config = at_32_pixels(config)
    if given["size"] is not None:
        told["side"] = given["size"]
    if given["start"] is not None or given["reals"] is not None:
        # There is no other training than that of the last layers; of reals it is no better.
        told.setdefault("finish", 0)
    if given["reals"] is not None:
        told = {"loss": "softmax", **told, "width": given["reals"]}
    elif given["bits"] is not None:
        told["width"] = given["bits"]
    if given["nested"] is not None:
        told["nested"] = _widths(given["nested"])
    views = given["views"] or ("8" if dataset.kind == "resisc45" else None)
    if views is not None:
        told["mirror"], told["quarters"] = views != "1", views == "8"
    if given["turns"] or dataset.kind == "resisc45":
        told["augmentation"] = replace(config.augmentation, turns=True)
    if dataset.kind == "resisc45":
        told.setdefault("epochs", _AERIAL_EPOCHS)
    if told.get("schedule") == "one-cycle":
        told["stop_after"] = 0
    count = len(dataset.train)
    batch = told.setdefault("batch", min(config.batch, max(2, count // 4 * 2)))
    # Losses that compare pictures with each other want many of them at once.
    wanted = (
        max(config.part, batch // 2) if loss_named(_loss(told, config)).compares else config.part
    )
    told["part"] = max(
        (d for d in range(2, min(batch, wanted) + 1) if batch % d == 0), default=batch
    )
    if dataset.kind == "folder" and given["epochs"] is None:
        few = math.ceil(_FEWEST_STEPS / max(1, count // batch))
        told["epochs"] = max(config.epochs, min(few, _MOST_EPOCHS))
    return replace(config, **told)


def _widths(text: str) -> tuple[int, ...]:
    """Of ``--nested``, ascending."""
    try:
        return tuple(sorted(int(word) for word in text.split(",")))
    except ValueError as error:
        raise UsageError(
            f"--nested takes whole numbers with commas between, such as 16,32,64, not {text!r}"
        ) from error


def _loss(told: dict[str, Any], config: Config) -> str:
    return str(told.get("loss", config.loss))
