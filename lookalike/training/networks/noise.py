"""Chance inside networks, from seeds of its own: threads that share a generator would mix it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["Dropout", "Noise", "reseed"]


class Noise(nn.Module):
    """Base of layers that draw: uniform numbers from 0 to 1, the same for the same seed.

    Attributes:
        seed: of the next draw.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seed = 0

    def uniform(self, like: Tensor) -> Tensor:
        """float32, of the shape of ``like``."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.rand(like.shape, generator=generator)


class Dropout(Noise):
    """Sets a share of the numbers to 0 in training, and scales the others up."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Of any shape."""
        if not self.training:
            return x
        kept = self.uniform(x) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share))


def reseed(network: nn.Module, seeds: Sequence[int]) -> None:
    """Give every layer that draws a seed of its own, made of these."""
    layers = [module for module in network.modules() if isinstance(module, Noise)]
    drawn = np.random.SeedSequence(seeds).generate_state(max(1, len(layers)), np.uint64)
    for layer, seed in zip(layers, drawn, strict=False):
        layer.seed = int(seed >> np.uint64(1))
