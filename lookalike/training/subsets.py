"""Data sets as the training loop takes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lookalike.datasets.reading import in_memory
from lookalike.datasets.subsets import Dataset, Subset
from lookalike.errors import UsageError
from lookalike.training.examples import Examples
from lookalike.types import InputSpec

__all__ = ["examples"]


def examples(
    subset: Subset,
    dataset: Dataset,
    side: int,
    *,
    told: str = "train",
    progress: Callable[[int], object] | None = None,
) -> Examples:
    """The pictures of a subset, in memory at one size, in the order of their content's checksum.

    The order makes a training with the same seed the same for every copy of a data set.

    Args:
        subset: to be learned from.
        dataset: that it is a subset of.
        side: of the pictures, in pixels; those of another shape are cropped to a square.
        told: name of the subset, for the card.
        progress: called with a number of pictures that have been read.

    Raises:
        UsageError: there are no pictures.
        LookalikeError: a file can't be read.
    """
    if not len(subset):
        raise UsageError(f"{dataset.source} has no pictures for {told}: give it some")
    spec = InputSpec(side, "crop", "bilinear")
    read = in_memory(subset, spec, damaged="leave out", progress=progress)
    digests = read.digests()
    order = np.asarray(sorted(range(len(read)), key=digests.__getitem__), np.int64)
    ordered = read.take(order)
    if isinstance(ordered.pictures, tuple):
        raise UsageError(f"{dataset.source}: the pictures of {told} are still files")
    labels = ordered.labels
    if labels is None:
        labels = np.full(len(ordered), -1, np.int64)
    # Of other data sets people have some of the classes, and a card has to tell.
    classes = "" if dataset.kind == "cifar10" else f" of {len(dataset.class_names)} classes"
    return Examples(
        f"{dataset.name}/{told} ({len(ordered):,} pictures{classes})",
        ordered.pictures,
        labels,
        dataset.class_names,
    )
