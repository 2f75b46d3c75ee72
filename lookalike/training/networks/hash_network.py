"""A backbone, a feature layer of n reals or n bits, and a class layer: what is trained."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.errors import UsageError
from lookalike.training.networks.binarizers import Binarizer, binarizer
from lookalike.training.networks.hash_head import CodeOutputs, pack_bits

__all__ = ["Backbone", "Encoding", "FeatureLayer", "HashNetwork", "Outputs"]


class Backbone(nn.Module):
    """Pictures to pooled features.

    Attributes:
        channels: width of what it gives.
    """

    channels: int

    def prepare(self, pixels: Tensor) -> None:
        """Look at some training pictures, uint8 (n, side, side, 3), before the training starts."""

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (n, side, side, 3) to float (n, channels)."""
        raise NotImplementedError


class Outputs(NamedTuple):
    """What a :class:`HashNetwork` gives for n pictures.

    Attributes:
        pooled: the backbone's features, (n, channels).
        features: real, centred and of variance 1 over a batch in training, (n, width).
        codes: what the search will see: the features, or bits as 0 / 1 or -1 / 1, (n, width).
        logits: class scores before softmax, (n, classes).
    """

    pooled: Tensor
    features: Tensor
    codes: Tensor
    logits: Tensor


class FeatureLayer(nn.Module):
    """Pooled features (n, channels) to real features (n, width).

    Batch norm without a scale keeps every bit balanced over the training pictures, and its
    threshold is 0.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, width, bias=False)
        self.norm = nn.BatchNorm1d(width, affine=False)

    def forward(self, pooled: Tensor) -> Tensor:
        """As the class says."""
        found: Tensor = self.norm(self.linear(pooled))
        return found


class HashNetwork(nn.Module):
    """The whole network.

    Args:
        backbone: pictures to pooled features.
        width: features, or bits.
        classes: of the class layer.
        kind: how features become bits; ``real`` for features that stay as they are.
    """

    def __init__(
        self, backbone: Backbone, width: int, classes: int, kind: Binarizer = "sign"
    ) -> None:
        super().__init__()
        if not 1 <= width <= 4096:
            raise UsageError(f"a code of {width} bits is out of range: use 1 to 4096")
        if classes < 1:
            raise UsageError(f"{classes} classes: there has to be one at least")
        binarizer(kind, training=True)
        self.backbone = backbone
        self.feature = FeatureLayer(backbone.channels, width)
        self.classifier = nn.Linear(width, classes)
        self.kind: Binarizer = kind

    def forward(self, pixels: Tensor) -> Outputs:
        """All outputs for uint8 pixels (n, side, side, 3)."""
        return self.read(self.backbone(pixels))

    def read(self, pooled: Tensor) -> Outputs:
        """All outputs for what the backbone gave."""
        # bfloat16 keeps 8 bits of a number: too few for what decides about signs.
        with torch.autocast("cpu", enabled=False):
            wide = pooled.float()
            features = self.feature(wide)
            codes = binarizer(self.kind, training=self.training)(features)
            return Outputs(wide, features, codes, self.classifier(codes))


class Encoding(nn.Module):
    """A trained network as a shipped model: uint8 pixels to code and embedding.

    Args:
        network: in evaluation mode.
        mirror: whether the features are the mean of those of the picture and of its mirror image,
            which makes codes a little better at twice the time.
    """

    def __init__(self, network: HashNetwork, *, mirror: bool = False) -> None:
        super().__init__()
        self.network = network
        self.mirror = mirror
        self.train(network.training)

    def forward(self, pixels: Tensor) -> CodeOutputs:
        """For pixels (n, side, side, 3): ``embedding`` is the direction of the features."""
        backbone = self.network.backbone
        features = self.network.feature(backbone(pixels))
        if self.mirror:
            features = (features + self.network.feature(backbone(pixels.flip(2)))) / 2
        direction = functional.normalize(features)
        rounded = torch.round(direction * 127.0).to(torch.int8)
        return CodeOutputs(pack_bits(features > 0), rounded, direction, features)
