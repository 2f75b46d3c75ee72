"""GreedyHash: the class layer sees signs, whose gradient passes as if they weren't there.

Source: S. Su et al., "Greedy Hash: Towards Fast Optimization for Accurate Hash Coding in CNN"
(2018), equation 8.
"""

from __future__ import annotations

from torch import Tensor

from lookalike.training.losses.softmax import Softmax
from lookalike.training.networks.hash_network import Outputs

__all__ = ["GreedyHash"]

PULL = 0.1
"""Weight of the pull of the features towards their signs."""


class GreedyHash(Softmax):
    """Cross-entropy on signs, and the pull of the features towards them."""

    binarizer = "sign"
    smoothing = 0.2

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Cross-entropy + 0.1 mean ``|h - sign(h)|`` cubed."""
        entropy = super().forward(outputs, labels, progress)
        distance = (outputs.features - outputs.codes.detach()).abs()
        return entropy + PULL * distance.pow(3).mean()
