"""What a loss is to the training loop."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from lookalike.training.networks.binarizers import Binarizer
from lookalike.training.networks.hash_network import Outputs

__all__ = ["Loss"]


class Loss(nn.Module):
    """Base of the losses, one file each.

    Attributes:
        binarizer: how the network that it trains turns features into bits.
        views: pictures of each example that it compares, each augmented in another way; with two,
            the first half of a batch are the first views, the second half the second ones.
        labelled: whether it looks at the labels.
        compares: whether it compares the pictures of a part with each other.
        freezes: whether the backbone stays as it is, and only the feature layer learns.
        classifies: whether it trains the class layer, so that an accuracy means something.

    Args:
        width: of the code.
        classes: among the labels.
        seed: of what it draws once, such as centres.
    """

    binarizer: ClassVar[Binarizer]
    views: ClassVar[int] = 1
    labelled: ClassVar[bool] = True
    compares: ClassVar[bool] = False
    freezes: ClassVar[bool] = False
    classifies: ClassVar[bool] = False

    def __init__(self, width: int, classes: int, *, seed: int = 0) -> None:
        super().__init__()
        self.width = width
        self.classes = classes
        self.seed = seed

    def forward(self, outputs: Outputs, labels: Tensor, progress: float) -> Tensor:
        """The loss of a batch.

        Args:
            outputs: of the network for the ``views`` x n pictures.
            labels: int64 (n,), -1 where there is none.
            progress: of the training, from 0 to 1.

        Returns:
            A scalar, float32.
        """
        raise NotImplementedError
