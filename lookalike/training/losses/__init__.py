"""Losses that shape codes, one file each behind :class:`~lookalike.training.losses.Loss`."""

from __future__ import annotations

from collections.abc import Sequence

from lookalike.errors import UsageError
from lookalike.training import own
from lookalike.training.losses.bihalf import BiHalf
from lookalike.training.losses.cibhash import CIBHash
from lookalike.training.losses.csq import CSQ
from lookalike.training.losses.greedyhash import GreedyHash
from lookalike.training.losses.hashnet import HashNet
from lookalike.training.losses.interface import Loss
from lookalike.training.losses.nested import Nested
from lookalike.training.losses.orthohash import OrthoHash
from lookalike.training.losses.softmax import Softmax
from lookalike.training.losses.thesis import Thesis

__all__ = ["LOSSES", "Loss", "loss_named", "loss_of"]

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
    """The loss of a name: one of :data:`LOSSES`, ``module:Class``, or that of an entry point.

    Raises:
        UsageError: there is none, or it is no :class:`Loss`.
    """
    if name in LOSSES:
        return LOSSES[name]
    found: type[Loss] | None = own.own(name, own.LOSSES, Loss, "loss")
    if found is None:
        known = ", ".join([*LOSSES, *own.names(own.LOSSES)])
        raise UsageError(f"no loss {name!r}: use {known}, or give your own as module:Class")
    return found


def loss_of(name: str, width: int, classes: int, *, nested: Sequence[int] = (), seed: int) -> Loss:
    """A loss for codes of a width, summed over nested widths where there are some.

    Raises:
        UsageError: as of :func:`loss_named`, or the width doesn't suit the loss.
    """
    kind = loss_named(name)
    if nested:
        return Nested(kind, nested, width, classes, seed=seed)
    return kind(width, classes, seed=seed)
