"""OrthoHash: one loss, the cosine to orthogonal codes of the classes, with a margin.

Source: J. T. Hoe et al., "One Loss for All: Deep Hashing with a Single Cosine Similarity based
Learning Objective" (2021), equation 8.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.centres import class_centres
from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["OrthoHash"]

SCALE = 8.0
MARGIN = 0.2


class OrthoHash(Loss):
    """Cross-entropy over cosines."""

    binarizer = "sign"
    centres: Tensor

    def __init__(self, width: int, classes: int, *, seed: int = 0) -> None:
        super().__init__(width, classes, seed=seed)
        self.register_buffer("centres", torch.from_numpy(class_centres(classes, width, seed)))

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Mean over the pictures."""
        cosines = functional.normalize(outputs.features) @ functional.normalize(self.centres).T
        own = functional.one_hot(labels, self.classes).to(cosines.dtype)
        return functional.cross_entropy(SCALE * (cosines - MARGIN * own), labels)
