"""Bi-half: without labels, codes keep the cosines of a pretrained network's features.

Each bit is set for one half of a part's pictures, which is the most information that it can carry.

Source: Y. Li, J. van Gemert, "Deep Unsupervised Image Hashing by Maximizing Bit Entropy" (2021),
equations 5 to 9.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["BiHalf"]


class BiHalf(Loss):
    """Squared differences between cosines of features and of codes."""

    binarizer = "bi-half"
    compares = True
    labelled = False
    freezes = True

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Mean over the pictures, summed over the others of a part.

        Summed, because by the mean over pairs the pull of features to their own codes outweighs
        the cosines by so much that no bit ever changes.
        """
        pooled = outputs.pooled.detach()
        # Centred: features that are never negative are all alike, codes are not.
        features = functional.normalize(pooled - pooled.mean(0))
        codes = functional.normalize(outputs.codes)
        return (codes @ codes.T - features @ features.T).square().sum(1).mean()
