"""MobileNetV3-Small (Howard et al. 2019, table 2), up to its pooled features.

It is what imagededup's ``CNN`` encodes with, and here for the comparison of speed alone: imagededup
itself needs torchvision, which brings CUDA. The weights are random, which costs the same time.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["MobileNetV3Small"]

# kernel, expanded channels, output channels, squeeze-and-excite, hard swish, stride
_BLOCKS = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int, groups: int, activation: nn.Module | None
) -> list[nn.Module]:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
    ]
    return layers if activation is None else [*layers, activation]


class _SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = max(8, int(channels / 4 + 4) // 8 * 8)
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scale: torch.Tensor = self.layers(x)
        return x * scale


class _Block(nn.Module):
    def __init__(
        self,
        inputs: int,
        kernel: int,
        wide: int,
        outputs: int,
        excite: bool,
        hard: bool,
        stride: int,
    ) -> None:
        super().__init__()
        act: type[nn.Module] = nn.Hardswish if hard else nn.ReLU
        layers = _convolution(inputs, wide, 1, 1, 1, act()) if wide != inputs else []
        layers += _convolution(wide, wide, kernel, stride, wide, act())
        if excite:
            layers.append(_SqueezeExcite(wide))
        layers += _convolution(wide, outputs, 1, 1, 1, None)
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(x)
        return x + out if self.residual else out


class MobileNetV3Small(nn.Module):
    """RGB (B, 3, 224, 224) to pooled features (B, 576)."""

    def __init__(self) -> None:
        super().__init__()
        layers = _convolution(3, 16, 3, 2, 1, nn.Hardswish())
        channels = 16
        for kernel, wide, outputs, excite, hard, stride in _BLOCKS:
            layers.append(_Block(channels, kernel, wide, outputs, excite, hard, stride))
            channels = outputs
        layers += _convolution(channels, 576, 1, 1, 1, nn.Hardswish())
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The features of a batch."""
        features: torch.Tensor = self.layers(x)
        return features
