"""Classification on the features or bits: what tells the classes apart is what the code keeps.

Sources: cross-entropy on thresholded features with the hard sigmoid is the loss of the thesis that
lookalike grew out of; on signs, with a pull of the features towards them, it is S. Su et al.,
"Greedy Hash: Towards Fast Optimization for Accurate Hash Coding in CNN" (2018), equation 8. Label
smoothing: C. Szegedy et al., "Rethinking the Inception Architecture" (2016), section 7.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from lookalike.training.losses.interface import Loss
from lookalike.training.networks.hash_network import Outputs

__all__ = ["GreedyHash", "Softmax", "Thesis"]


class _Classification(Loss):
    classifies = True
    smoothing = 0.0

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Cross-entropy of the class layer."""
        return functional.cross_entropy(outputs.logits, labels, label_smoothing=self.smoothing)


class Softmax(_Classification):
    """Cross-entropy on real features."""

    binarizer = "real"
    smoothing = 0.1


class Thesis(_Classification):
    """Cross-entropy on bits of the hard sigmoid, as the thesis did."""

    binarizer = "hard-sigmoid"


class GreedyHash(_Classification):
    """Cross-entropy on signs with the straight-through gradient, and the pull towards the signs."""

    binarizer = "sign"
    smoothing = 0.2
    pull = 0.1

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """Cross-entropy + 0.1 mean ``|h - sign(h)|`` cubed."""
        entropy = super().forward(outputs, labels, progress)
        distance = (outputs.features - outputs.codes.detach()).abs()
        return entropy + self.pull * distance.pow(3).mean()
