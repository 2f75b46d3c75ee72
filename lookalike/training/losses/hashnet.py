"""HashNet: pairs of one class get like codes, others unlike ones; tanh sharpens into the sign.

Source: Z. Cao et al., "HashNet: Deep Learning to Hash by Continuation" (2017), equations 4 to 6.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["HashNet"]

LIKENESS = 10.0
"""An inner product of codes that agree in all bits, as the exponent of the pair's odds."""

SHARPEST = 10.0
"""beta of tanh(beta h) at the end; it rises from 1."""


class HashNet(Loss):
    """Weighted maximum likelihood of all pairs of a part."""

    binarizer = "sign"
    compares = True

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Mean over the pairs, of which like and unlike ones count the same in all."""
        codes = torch.tanh(SHARPEST**progress * outputs.features)
        odds = LIKENESS / self.width * codes @ codes.T
        like = (labels[:, None] == labels).to(odds.dtype)
        apart = ~torch.eye(len(labels), dtype=torch.bool)
        losses = functional.softplus(odds) - like * odds
        alike, unlike = losses[apart & (like > 0)], losses[apart & (like == 0)]
        # A part may have no pair of the one kind; its sum is then 0.
        total: Tensor = alike.sum() / max(1, len(alike)) + unlike.sum() / max(1, len(unlike))
        return total / 2
