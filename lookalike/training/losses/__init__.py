"""Losses that shape codes, one file each behind :class:`~lookalike.training.losses.Loss`."""

from __future__ import annotations

from lookalike.errors import UsageError
from lookalike.training.losses.bihalf import BiHalf
from lookalike.training.losses.cibhash import CIBHash
from lookalike.training.losses.csq import CSQ
from lookalike.training.losses.greedyhash import GreedyHash
from lookalike.training.losses.hashnet import HashNet
from lookalike.training.losses.interface import Loss
from lookalike.training.losses.orthohash import OrthoHash
from lookalike.training.losses.softmax import Softmax
from lookalike.training.losses.thesis import Thesis

__all__ = ["LOSSES", "Loss", "loss_named"]

LOSSES: dict[str, type[Loss]] = {
    "softmax": Softmax,
    "thesis": Thesis,
    "greedyhash": GreedyHash,
    "csq": CSQ,
    "orthohash": OrthoHash,
    "hashnet": HashNet,
    "cibhash": CIBHash,
    "bihalf": BiHalf,
}
"""By the name that ``lookalike train --loss`` takes."""


def loss_named(name: str) -> type[Loss]:
    """The loss of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in LOSSES:
        raise UsageError(f"no loss {name!r}: use {', '.join(LOSSES)}")
    return LOSSES[name]
