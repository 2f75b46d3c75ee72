"""Pictures without labels, labelled by a network that was trained on those that have some.

Source: D.-H. Lee, "Pseudo-Label" (ICML workshop, 2013); that the student sees harder views than its
teacher did, Q. Xie et al., "Self-training with Noisy Student improves ImageNet classification"
(2020); that as many are taken of each class, section 4.2 there.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from lookalike.datasets.reading import in_memory
from lookalike.datasets.subsets import Subset
from lookalike.errors import UsageError
from lookalike.system.processors import processors
from lookalike.training.build import restored
from lookalike.training.checkpoint import read_checkpoint
from lookalike.training.networks.hash_network import HashNetwork
from lookalike.training.precision import faster_in_bfloat16
from lookalike.types import InputSpec, Pixels

__all__ = ["most_certain", "taught"]

_BATCH = 125  # pictures that go through the network at once

Floats = npt.NDArray[np.float32]


def taught(
    checkpoint: Path,
    subset: Subset,
    class_names: tuple[str, ...],
    *,
    trust: float,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Subset:
    """The pictures that a trained network is most certain of, with the labels that it gives them.

    Args:
        checkpoint: of the network's training.
        subset: pictures; labels that they may have aren't looked at.
        class_names: of the labels.
        trust: share of each class that is taken, above 0 and at most 1.
        threads: by default as many as there are processors.
        progress: called with a number of pictures that are done.

    Raises:
        UsageError: no such checkpoint, or it is of other classes, or ``trust`` is out of range.
        LookalikeError: a picture can't be read.
    """
    if not 0 < trust <= 1:
        raise UsageError(f"the share that is trusted lies above 0 and up to 1, not at {trust}")
    begun = read_checkpoint(checkpoint)
    if begun.classes != class_names:
        raise UsageError(
            f"{checkpoint} knows the classes {', '.join(begun.classes[:3])}…, and the data has "
            f"{', '.join(class_names[:3])}…: a teacher knows the classes of what it teaches"
        )
    side = begun.config.side
    read = in_memory(
        Subset(subset.pictures, None, subset.names), InputSpec(side, "crop", "bilinear")
    )
    if isinstance(read.pictures, tuple):
        raise UsageError("the pictures are still files")
    network = restored(begun).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fast = faster_in_bfloat16(begun.config)
    shares = probabilities(network, read.pictures, threads, progress, bfloat16=fast)
    rows = most_certain(shares, trust)
    labels = shares.argmax(1).astype(np.int64)
    # As they were: the student may take them at another size.
    chosen = subset.take(rows)
    return Subset(chosen.pictures, labels[rows], chosen.names)


def most_certain(shares: Floats, trust: float) -> npt.NDArray[np.int64]:
    """Of each class that is the most probable one somewhere the most certain rows, ascending.

    Args:
        shares: probabilities (n, classes).
        trust: share of each class's rows, rounded up.
    """
    labels, certain = shares.argmax(1), shares.max(1)
    chosen: list[npt.NDArray[np.int64]] = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        order = np.argsort(-certain[rows], kind="stable")
        chosen.append(rows[order[: int(np.ceil(trust * len(rows)))]])
    return np.sort(np.concatenate(chosen))


def probabilities(
    network: HashNetwork,
    pictures: Pixels,
    threads: int | None,
    progress: Callable[[int], object] | None,
    *,
    bfloat16: bool = False,
) -> Floats:
    """Class probabilities, the mean of a picture's and its mirror image's, (n, classes)."""

    def look(start: int) -> Floats:
        pixels = torch.from_numpy(pictures[start : start + _BATCH])
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            both = network(pixels).logits.softmax(1) + network(pixels.flip(2)).logits.softmax(1)
        if progress is not None:
            progress(len(pixels))
        return np.asarray(both / 2)

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # see replicas.py
    try:
        with ThreadPoolExecutor(threads or processors(), "lookalike-teacher") as pool:
            return np.concatenate(list(pool.map(look, range(0, len(pictures), _BATCH))))
    finally:
        torch.set_num_threads(before)
