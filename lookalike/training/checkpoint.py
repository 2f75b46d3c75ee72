"""Where a training stands, in a file that alone brings it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from lookalike.errors import ModelError, UsageError
from lookalike.system.replacing import replacing
from lookalike.training.config import Config

__all__ = ["Checkpoint", "Epoch", "read_checkpoint", "write_checkpoint"]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was measured in one epoch.

    Attributes:
        number: from 1 on.
        loss: mean over the training pictures, as they were augmented.
        accuracy: of the class layer on them, ``None`` where the loss trains none.
        validation_loss: ``None`` without validation pictures.
        validation_accuracy: likewise.
        learning_rate: at the end of the epoch.
        seconds: that it took.
    """

    number: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training after some epochs.

    Attributes:
        config: its settings.
        data: name and digest of the training pictures.
        classes: names of the classes, in the order of the labels.
        epochs: that are done.
        network: the state of the network.
        best: the state with the lowest validation loss, ``None`` where it is not kept.
        loss: the state of the loss.
        optimizers: their states.
        plateau: the state of the schedule.
    """

    config: Config
    data: str
    classes: tuple[str, ...]
    epochs: tuple[Epoch, ...]
    network: dict[str, Any]
    best: dict[str, Any] | None
    loss: dict[str, Any]
    optimizers: Sequence[dict[str, Any]]
    plateau: dict[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write or replace a checkpoint; one that was there stays whole until the new one is."""
    values = {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}
    values["config"] = checkpoint.config.to_dict()
    values["epochs"] = [asdict(epoch) for epoch in checkpoint.epochs]
    with replacing(path) as partial:
        torch.save(values, partial)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what :func:`write_checkpoint` wrote.

    Raises:
        UsageError: there is no such file, or it is of another version.
        ModelError: it is damaged or something else.
    """
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(
            config=Config.from_dict(values["config"]),
            data=str(values["data"]),
            classes=tuple(values["classes"]),
            epochs=tuple(Epoch(**epoch) for epoch in values["epochs"]),
            network=values["network"],
            best=values["best"],
            loss=values["loss"],
            optimizers=values["optimizers"],
            plateau=values["plateau"],
        )
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no checkpoint to resume: leave out --resume") from error
    except UsageError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError) as error:
        raise ModelError(f"{path}: no checkpoint of lookalike, or damaged: start anew") from error
    except UnpicklingError as error:
        # PyTorch's own words advise to load the file without the fence.
        raise ModelError(f"{path}: no checkpoint of lookalike, or damaged: start anew") from error
