"""The last layers of a photo model, fitted without labels: an embedding, and the bits of it.

What the backbone gives, its features and the roots of its class probabilities beside them, is
brought to unit length and centred, projected to its principal components, each divided by a power
of its standard deviation, and brought to unit length again: that is the embedding. Iterative
quantization turns it into bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch

from lookalike.codes.binarize import fit_itq, fit_pca
from lookalike.system.processors import processors
from lookalike.training.networks.efficientnet_lite import Variant, pretrained
from lookalike.training.networks.hash_head import CodeNetwork, HashHead
from lookalike.types import InputSpec, Pixels

__all__ = [
    "EMBEDDING",
    "FEWEST",
    "INPUT",
    "HeadFit",
    "fit_head",
    "photo_network",
    "pooled_rows",
    "set_head",
    "unit",
]

Floats = npt.NDArray[np.float32]

INPUT = InputSpec(224, "stretch", "bilinear")
"""Stretched, not cropped: what lies at the border counts, and off-centre crops are found (recall at
1 after a crop to half of each side 0.92 rescored, against 0.85 with a centre crop)."""

EMBEDDING = 256
"""Numbers of the embedding."""

FEWEST = 2 * EMBEDDING + 1
"""Pictures that a fit takes at least: fewer say little about so many components."""

EVENING = 0.25
"""Components of the embedding are divided by their standard deviation to this power: a little
evens out the few directions that most pictures share, 1 (whitening) would amplify noise."""

_BATCH = 32  # pictures that go through the backbone at once


@dataclass(frozen=True, slots=True, eq=False)
class HeadFit:
    """What :class:`~lookalike.training.networks.hash_head.HashHead` computes, in NumPy.

    Attributes:
        project: (pooled, embedding).
        project_bias: (embedding,).
        rotate: (embedding, bits).
        rotate_bias: (bits,).
    """

    project: Floats
    project_bias: Floats
    rotate: Floats
    rotate_bias: Floats

    def features(self, pooled: Floats) -> Floats:
        """The embedding before it is rounded, unit vectors (n, embedding)."""
        return unit(unit(pooled) @ self.project + self.project_bias)

    def bits(self, features: Floats) -> npt.NDArray[np.bool_]:
        """Bits of :meth:`features`, (n, bits)."""
        return np.asarray(features @ self.rotate + self.rotate_bias > 0)


def photo_network(variant: Variant, bits: int) -> CodeNetwork:
    """A backbone with its ImageNet weights, below a head that is yet to be fitted.

    Raises:
        ModelError: the backbone's weights aren't installed.
    """
    backbone = pretrained(variant)
    head = HashHead(CodeNetwork.width(backbone), EMBEDDING, bits)
    return CodeNetwork(backbone, head).eval()


def fit_head(pooled: Floats, bits: int, *, seed: int) -> HeadFit:
    """Fit the layers on what a backbone gives for some pictures.

    Args:
        pooled: (n, channels), n >= :data:`FEWEST`.
        bits: width of the code, at most :data:`EMBEDDING`.
        seed: of the rotation that the quantization starts from.

    Raises:
        UsageError: too few pictures, or too many bits.
    """
    rows = unit(pooled)
    pca = fit_pca(rows, EMBEDDING)
    spread = pca.project(rows).std(0)
    project = pca.projection * (spread / spread[0]) ** -EVENING
    bias = -pca.mean @ project
    itq = fit_itq(unit(rows @ project + bias), bits, seed=seed)
    return HeadFit(
        project.astype(np.float32),
        bias.astype(np.float32),
        itq.projection,
        (-itq.mean @ itq.projection).astype(np.float32),
    )


def set_head(network: CodeNetwork, fit: HeadFit, pooled: Floats) -> None:
    """Put a fit into a network.

    Args:
        network: whose head has the fit's shapes.
        fit: of its backbone's features.
        pooled: features of some pictures, by which the int8 embedding is scaled to its range.
    """
    with torch.no_grad():
        head = network.head
        head.project.weight.copy_(torch.tensor(fit.project.T))
        head.project.bias.copy_(torch.tensor(fit.project_bias))
        head.rotate.weight.copy_(torch.tensor(fit.rotate.T))
        head.rotate.bias.copy_(torch.tensor(fit.rotate_bias))
        head.scale.fill_(127.0 / float(np.abs(fit.features(pooled)).max()))


def pooled_rows(
    network: CodeNetwork,
    pictures: Iterable[Pixels],
    *,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Floats:
    """What the head is given for pictures, float32 (n, channels).

    Args:
        network: in evaluation mode.
        pictures: uint8 (size, size, 3); no more than some batches of them are held at a time.
        threads: by default as many as there are processors.
        progress: called with a number of pictures that are done.
    """
    count = threads or processors()

    def look(batch: list[Pixels]) -> Floats:
        with torch.inference_mode():
            return np.asarray(network.pooled(torch.from_numpy(np.stack(batch))))

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # a batch a thread: nothing waits at the end of each layer
    try:
        with ThreadPoolExecutor(count, "lookalike-fit") as pool:
            found: list[Floats] = []
            batches = _batches(pictures)
            while some := list(islice(batches, 2 * count)):
                for rows in pool.map(look, some):
                    found.append(rows)
                    if progress is not None:
                        progress(len(rows))
    finally:
        torch.set_num_threads(before)
    nothing: Floats = np.empty((0, network.head.project.in_features), np.float32)
    return np.concatenate([nothing, *found])


def unit(rows: npt.NDArray[np.floating]) -> Floats:
    """Each row at unit length, float32."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _batches(pictures: Iterable[Pixels]) -> Iterator[list[Pixels]]:
    coming = iter(pictures)
    while batch := list(islice(coming, _BATCH)):
        yield batch
