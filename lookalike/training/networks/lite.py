"""EfficientNet-Lite with its ImageNet weights as a backbone that is trained further."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from lookalike.training.networks.efficientnet_lite import (
    HEAD_CHANNELS,
    EfficientNetLite,
    Variant,
    normalise,
    pretrained,
)
from lookalike.training.networks.hash_network import Backbone
from lookalike.training.networks.noise import Dropout

__all__ = ["Lite"]

DROPPED = 0.2
"""Share of the pooled features that is dropped in training, as for the published weights."""


class Lite(Backbone):
    """Pictures to the averages of the last feature maps.

    Args:
        variant: of the network.
        inside: side that pictures are scaled to, 0 for none: these networks halve the resolution
            five times, so that pictures of 32 pixels would come down to one place.
        blank: leave out the weights, for a network that gets others.
    """

    def __init__(self, variant: Variant = "lite0", inside: int = 0, *, blank: bool = False) -> None:
        super().__init__()
        self.network = EfficientNetLite(variant) if blank else pretrained(variant)
        del self.network.classifier
        self.inside = inside
        self.dropout = Dropout(DROPPED)
        self.channels = HEAD_CHANNELS

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (n, side, side, 3) to (n, 1280)."""
        x = normalise(pixels)
        if self.inside and self.inside != x.shape[-1]:
            x = functional.interpolate(x, (self.inside, self.inside), mode="bilinear")
        found: Tensor = self.dropout(self.network.embed(x))
        return found
