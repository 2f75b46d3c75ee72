"""A fast residual network for pictures of 32 x 32.

Ten convolutions after the design of K. Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU"
(2024), which goes back to D. Page's ResNet-9 ("How to Train Your ResNet", 2018) and T. Swihart's
hlb-CIFAR10 (2023): the first layer whitens 2 x 2 patches and is not trained, convolutions start
close to the identity, batch norm has biases but no scales, pooling comes early.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.training.networks.hash_network import Backbone

__all__ = ["WIDTHS", "ResNet9"]

WIDTHS = (128, 288, 288)
"""Channels of the three groups: 4.4 million weights, so that the file is below 10 MB in float16."""

PATCH = 2
WHITENING_FLOOR = 5e-4
"""Added to the variances of patches before they are divided by: the last components are noise."""

_MEAN = (125.3, 123.0, 113.9)
_DEVIATION = (63.0, 62.1, 66.7)


class _Conv(nn.Conv2d):
    """3 x 3, without bias; as many outputs as there are inputs start as the identity."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, 3, padding=1, bias=False)
        with torch.no_grad():
            nn.init.dirac_(self.weight[:channels])


def _norm(channels: int) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(channels)
    norm.weight.requires_grad_(False)
    return norm


class _Group(nn.Module):
    """Three convolutions at half the resolution, the last two with a residual connection."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv1 = _Conv(channels, out)
        self.norm1 = _norm(out)
        self.conv2 = _Conv(out, out)
        self.norm2 = _norm(out)
        self.conv3 = _Conv(out, out)
        self.norm3 = _norm(out)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) to (n, c', h // 2, w // 2)."""
        # Batch norm of positive scale and the maximum may change places, which the export makes
        # use of when it folds the norm into the convolution.
        x = functional.gelu(self.norm1(functional.max_pool2d(self.conv1(x), 2)))
        y = functional.gelu(self.norm2(self.conv2(x)))
        return functional.gelu(x + self.norm3(self.conv3(y)))


class ResNet9(Backbone):
    """Pictures to the maxima of the last feature maps.

    Args:
        widths: channels of the groups.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        components = 3 * PATCH * PATCH
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1))
        self.whiten = nn.Conv2d(3, 2 * components, PATCH)
        self.whiten.weight.requires_grad_(False)
        nn.init.zeros_(self.whiten.bias)  # type: ignore[arg-type]
        inputs = (2 * components, *widths[:-1])
        self.groups = nn.Sequential(*(_Group(a, b) for a, b in zip(inputs, widths, strict=True)))
        self.channels = widths[-1]

    def normalise(self, pixels: Tensor) -> Tensor:
        """uint8 (n, h, w, 3) to float32 (n, 3, h, w), in the layout that is fastest."""
        # The permuted view is what PyTorch calls channels_last: nothing is copied.
        return (pixels.permute(0, 3, 1, 2).to(torch.float32) - self.mean) / self.deviation

    @torch.no_grad()
    def prepare(self, pixels: Tensor) -> None:
        """Set the first layer to whiten the patches of these pictures, and their negatives."""
        pictures = self.normalise(pixels)
        patches = functional.unfold(pictures.contiguous(), PATCH)  # (n, 12, places)
        rows = patches.transpose(1, 2).reshape(-1, patches.shape[1]).double()
        variances, directions = torch.linalg.eigh(rows.T @ rows / len(rows))
        filters = (directions / (variances + WHITENING_FLOOR).sqrt()).T.flip(0)
        shaped = filters.reshape(-1, 3, PATCH, PATCH).float()
        self.whiten.weight.copy_(torch.cat([shaped, -shaped]))

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (n, side, side, 3), of a side from 16 on, to (n, channels)."""
        maps: Tensor = self.groups(functional.gelu(self.whiten(self.normalise(pixels))))
        return maps.amax((2, 3))
