"""The plain network of the thesis, for pictures of 32 x 32.

Twice 32, twice 64 and twice 128 convolutions of 3 x 3, each with batch norm; after each two, the
resolution is halved and some features are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lookalike.training.networks.hash_network import Backbone
from lookalike.training.networks.noise import Dropout

__all__ = ["ThesisCNN"]

WIDTHS = (32, 64, 128)
DROPPED = (0.2, 0.3, 0.4)
"""Shares of the features that are dropped after the three pairs."""


class ThesisCNN(Backbone):
    """Pictures to the last feature maps, place by place.

    Args:
        side: of the pictures, in pixels; 8 and more.
        widths: channels of the three pairs.
    """

    def __init__(self, side: int = 32, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width, share in zip(widths, DROPPED, strict=True):
            for _ in range(2):
                # Convolution and norm are neighbours, so that the export makes them one.
                layers += [
                    nn.Conv2d(channels, width, 3, padding=1),
                    nn.BatchNorm2d(width),
                    nn.ReLU(),
                ]
                channels = width
            layers += [nn.MaxPool2d(2), Dropout(share)]
        self.layers = nn.Sequential(*layers)
        self.channels = channels * (side // 8) ** 2

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (n, side, side, 3) to (n, 128 (side / 8) squared)."""
        maps: Tensor = self.layers(pixels.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1)
        return maps.flatten(1)
