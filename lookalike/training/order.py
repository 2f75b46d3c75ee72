"""The order in which an epoch goes through the training pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["balanced_order", "epoch_order"]

Rows = npt.NDArray[np.int64]


def epoch_order(labels: Rows, random: np.random.Generator, *, balanced: bool = False) -> Rows:
    """Rows of the pictures of an epoch, int64 (n,): each once, or as ``balanced_order`` says."""
    if balanced:
        return balanced_order(labels, random)
    order: Rows = random.permutation(len(labels))
    return order


def balanced_order(labels: Rows, random: np.random.Generator) -> Rows:
    """As many rows as there are pictures, from each class equally many, to one.

    A class goes round: none of its pictures comes again before all others of it have come. So an
    epoch shows a part of a large class, and a small one several times.

    Args:
        labels: int64 (n,).
        random: of the draws.

    Returns:
        int64 (n,): rows of ``labels``, in a random order.
    """
    classes = random.permutation(np.unique(labels))
    share, more = divmod(len(labels), len(classes))
    found = []
    for place, label in enumerate(classes):
        members = np.flatnonzero(labels == label)
        wanted = share + (place < more)
        rounds = [random.permutation(members) for _ in range(-(-wanted // len(members)))]
        found.append(np.concatenate(rounds)[:wanted])
    order: Rows = random.permutation(np.concatenate(found)).astype(np.int64)
    return order
