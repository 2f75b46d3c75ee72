"""Softmax: the class layer has to tell the classes from real features.

Source of the label smoothing: C. Szegedy et al., "Rethinking the Inception Architecture for
Computer Vision" (2016), section 7.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.interface import Loss
from lookalike.training.networks.binarizers import Binarizer
from lookalike.training.networks.hash_network import Outputs

__all__ = ["Softmax"]


class Softmax(Loss):
    """Cross-entropy of the class layer, whatever it is given: here, real features.

    Attributes:
        smoothing: share of a label that is spread over all classes.
    """

    binarizer: ClassVar[Binarizer] = "real"
    classifies = True
    smoothing: ClassVar[float] = 0.1

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Mean over pictures."""
        return functional.cross_entropy(outputs.logits, labels, label_smoothing=self.smoothing)
