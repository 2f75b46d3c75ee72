"""CIBHash: without labels, two views of a picture get like codes, and views of others unlike ones.

Source: Z. Qiu et al., "Unsupervised Hashing with Contrastive Information Bottleneck" (2021),
equations 4 to 10.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["CIBHash"]

TEMPERATURE = 0.3
BOTTLENECK = 1e-3
"""Weight of the divergence between the bits' probabilities of the two views."""


class CIBHash(Loss):
    """Contrast between codes that are drawn bit by bit, with a bottleneck."""

    binarizer = "stochastic"
    compares = True
    views = 2
    labelled = False

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Mean over the pictures of a part, of which the others are what it is told from."""
        codes = functional.normalize(outputs.codes)
        count = len(codes) // 2
        likeness = codes @ codes.T / TEMPERATURE
        likeness = likeness.masked_fill(torch.eye(2 * count, dtype=torch.bool), -torch.inf)
        other = torch.arange(2 * count).roll(count)  # the second view of each first, and back
        contrast = functional.cross_entropy(likeness, other)
        first, second = outputs.features[:count], outputs.features[count:]
        return contrast + BOTTLENECK * (divergence(first, second) + divergence(second, first)) / 2


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """Of Kullback and Leibler, between bits of the probabilities sigmoid(first), sigmoid(second).

    Added up over the bits, mean over the rows.
    """
    p = torch.sigmoid(first)
    ones = functional.logsigmoid(first) - functional.logsigmoid(second)
    zeros = functional.logsigmoid(-first) - functional.logsigmoid(-second)
    return (p * ones + (1 - p) * zeros).sum(1).mean()
