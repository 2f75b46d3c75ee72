"""CSQ: features are drawn to the centre of their class, a row of a Hadamard matrix.

Source: L. Yuan et al., "Central Similarity Quantization for Efficient Image and Video Retrieval"
(2020), equations 4 to 6.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.centres import class_centres
from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["CSQ"]

QUANTISATION = 1e-4
"""Weight of the pull towards -1 and 1."""


class CSQ(Loss):
    """Binary cross-entropy with the centre's bits."""

    binarizer = "sign"
    centres: Tensor

    def __init__(self, width: int, classes: int, *, seed: int = 0) -> None:
        super().__init__(width, classes, seed=seed)
        self.register_buffer("centres", torch.from_numpy(class_centres(classes, width, seed)))

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Mean over bits and pictures."""
        wanted = (self.centres[labels] + 1) / 2
        # With tanh for the features, the paper's (tanh(h) + 1) / 2 is sigmoid(2 h).
        central = functional.binary_cross_entropy_with_logits(2 * outputs.features, wanted)
        soft = torch.tanh(outputs.features)
        # log cosh is a smooth absolute value.
        return central + QUANTISATION * torch.log(torch.cosh(soft.abs() - 1)).sum(1).mean()
