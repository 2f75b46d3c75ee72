"""Pictures to learn from, in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.training.config import Config
from lookalike.training.losses import loss_named
from lookalike.types import Pixels

__all__ = ["Examples", "check_examples"]


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled pictures, as the network takes them.

    Attributes:
        name: of the data set and its part, for the card.
        pictures: uint8 (n, side, side, 3).
        labels: int64 (n,), -1 for none.
        classes: their names.
    """

    name: str
    pictures: Pixels
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of pictures and labels, in hex."""
        whole = hashlib.sha256(np.ascontiguousarray(self.pictures).data)
        whole.update(np.ascontiguousarray(self.labels).data)
        return whole.hexdigest()


def check_examples(examples: Examples, validation: Examples | None, config: Config) -> None:
    """Refuse pictures that don't go with the settings."""
    shape = (config.side, config.side, 3)
    for given in (examples, validation or examples):
        if given.pictures.shape[1:] != shape or given.pictures.dtype != np.uint8:
            raise UsageError(
                f"the network takes uint8 pictures of {shape}, not {given.pictures.dtype} "
                f"{given.pictures.shape[1:]}"
            )
    if loss_named(config.loss).labelled and (
        len(examples.classes) < 2 or examples.labels.min(initial=0) < 0
    ):
        raise UsageError(
            f"the loss {config.loss} needs pictures of at least two classes: sort them into a "
            "folder for each class, or use the loss cibhash"
        )
    if loss_named(config.loss).labelled:
        sizes = np.bincount(examples.labels, minlength=len(examples.classes))
        if (sizes > 1).sum() < 2:
            alone = [examples.classes[label] for label in np.flatnonzero(sizes < 2)[:3]]
            raise UsageError(
                "what a class has in common is learned from two pictures of it or more, in at "
                f"least two classes; too few are left to train on of {', '.join(alone)}: add some"
            )
    if len(examples.pictures) < config.batch:
        raise UsageError(
            f"{len(examples.pictures)} pictures to train on are fewer than a batch of "
            f"{config.batch}: choose a smaller batch"
        )
    if validation is None and (config.schedule == "plateau" or config.stop_after):
        raise UsageError(
            "a plateau and an early stop are seen on validation pictures: give some, or use the "
            "schedule one-cycle"
        )
