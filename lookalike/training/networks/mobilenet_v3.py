"""MobileNetV3-Small (Howard et al. 2019, table 2), up to its pooled features.

It is what imagededup's ``CNN`` encodes with, and here for comparison alone: imagededup itself needs
torchvision, which brings CUDA. The weights are random, which costs the same time, until those of
torchvision are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from lookalike.errors import ModelError

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

    def load_torchvision(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take the weights of torchvision's ``mobilenet_v3_small``, by the names that it gives.

        Args:
            tensors: such as its ``state_dict()``; those of the classifier aren't needed.

        Raises:
            ModelError: one is missing, or has another shape.
        """
        layers = (m for m in self.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d))
        for prefix, layer in zip(_torchvision_prefixes(), layers, strict=True):
            for key, own in layer.state_dict().items():
                if key == "num_batches_tracked":
                    continue  # counts the steps of training
                given = tensors.get(f"{prefix}.{key}")
                if given is None or given.shape != own.shape:
                    found = "missing" if given is None else f"of shape {tuple(given.shape)}"
                    raise ModelError(
                        f"{prefix}.{key} is {found} where {tuple(own.shape)} is needed: these "
                        "aren't the weights of torchvision's mobilenet_v3_small"
                    )
                own.copy_(given)


def _torchvision_prefixes() -> list[str]:
    """What torchvision calls the convolutions and normalisations, in their order."""
    found = ["features.0.0", "features.0.1"]
    channels = 16
    for number, (_, wide, outputs, excite, _, _) in enumerate(_BLOCKS, 1):
        parts = ["0 1"] * (wide != channels) + ["0 1"] + ["fc1 fc2"] * excite + ["0 1"]
        found += [
            f"features.{number}.block.{part}.{name}"
            for part, names in enumerate(parts)
            for name in names.split()
        ]
        channels = outputs
    last = len(_BLOCKS) + 1
    return [*found, f"features.{last}.0", f"features.{last}.1"]
