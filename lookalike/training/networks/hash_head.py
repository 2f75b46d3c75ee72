"""From a backbone's feature maps, and the classes that it sees in them, to a code."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.training.networks.efficientnet_lite import EfficientNetLite, normalise

__all__ = [
    "CLASSES",
    "LEVELS",
    "CodeNetwork",
    "CodeOutputs",
    "HashHead",
    "class_shares",
    "pack_bits",
    "pool",
    "round_rows",
]

POOL_POWER = 3.0
"""Exponent of the generalised mean; 1 is the average, infinity the maximum."""

CLASSES = 0.5
"""Length of the part of a head's input that says which classes are seen, where that of the features
is 1: more finds more of the same kind, and less of the same picture (crops, above all)."""

LEVELS = 127
"""Largest number of a class's weights, which are rounded to 8 bits each."""


def pool(maps: Tensor, power: float = POOL_POWER) -> Tensor:
    """Generalised mean over the places of non-negative maps: (n, c, h, w) to (n, c).

    Source: F. Radenovic, G. Tolias, O. Chum, "Fine-tuning CNN Image Retrieval with No Human
    Annotation" (2018), section 3.2.
    """
    # The floor keeps the root's gradient finite where a channel is silent everywhere.
    return maps.clamp_min(1e-6).pow(power).mean((2, 3)).pow(1.0 / power)


def class_shares(scores: Tensor) -> Tensor:
    """Roots of the class probabilities for scores (n, classes): unit vectors of the same shape.

    Their inner product is the Bhattacharyya coefficient of two pictures' probabilities.

    Source: T. Jebara, R. Kondor, A. Howard, "Probability Product Kernels" (2004), section 3.1.
    """
    return functional.softmax(scores, 1).sqrt()


def round_rows(weight: Tensor) -> Tensor:
    """Weights (rows, n) rounded so that each row is whole numbers, in 8 bits, times a scale."""
    scale = weight.abs().amax(1, keepdim=True).clamp_min(1e-12) / LEVELS
    return torch.round(weight / scale) * scale


def pack_bits(bits: Tensor) -> Tensor:
    """Booleans (n, bits) to uint8 (n, ceil(bits / 8)) in the order of ``numpy.packbits``."""
    width = bits.shape[1]
    padded = functional.pad(bits.to(torch.float32), (0, -width % 8))
    powers = torch.tensor([128.0, 64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0])
    # Sums up to 255 are exact in float32, and every runtime has a kernel for them.
    return (padded.reshape(-1, (width + 7) // 8, 8) * powers).sum(2).to(torch.uint8)


class CodeOutputs(NamedTuple):
    """What a :class:`CodeNetwork` gives for n pictures.

    Attributes:
        code: packed, uint8 (n, ceil(bits / 8)).
        embedding: int8 (n, d), unit vectors times the head's scale.
        features: float32 (n, d), the unit vectors before rounding.
        logits: float32 (n, bits), of which ``code`` is the signs.
    """

    code: Tensor
    embedding: Tensor
    features: Tensor
    logits: Tensor


class HashHead(nn.Module):
    """Pooled features to a unit vector, and from that to bits.

    Attributes:
        project: pooled (n, c) to the embedding's space (n, d); its bias centres.
        rotate: the unit vector (n, d) to one logit a bit (n, bits).
        scale: of the int8 embedding.
    """

    scale: Tensor

    def __init__(self, channels: int, embedding_size: int = 256, bits: int = 256) -> None:
        super().__init__()
        self.project = nn.Linear(channels, embedding_size)
        self.rotate = nn.Linear(embedding_size, bits)
        self.register_buffer("scale", torch.tensor(127.0))

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Unit vectors (n, d) and logits (n, bits)."""
        # Only the direction of the pooled features counts: a darker or duller copy is a weaker one.
        features = functional.normalize(self.project(functional.normalize(pooled)))
        return features, self.rotate(features)


class CodeNetwork(nn.Module):
    """Pixels to code: the whole of a shipped model.

    What the head is given has two parts: the pooled feature maps, which tell pictures apart, and
    the roots of the probabilities of the backbone's own classes, which tell what is in a picture.

    Args:
        backbone: the weights of whose classes are rounded to 8 bits each, as they are shipped.
        head: for :meth:`width` channels.
    """

    def __init__(self, backbone: EfficientNetLite, head: HashHead) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        with torch.no_grad():
            classes = self.backbone.classifier.weight
            classes.copy_(round_rows(classes))

    @staticmethod
    def width(backbone: EfficientNetLite) -> int:
        """Channels of what the head is given."""
        return backbone.classifier.in_features + backbone.classifier.out_features

    def pooled(self, pixels: Tensor) -> Tensor:
        """uint8 (n, size, size, 3) to what the head takes, float32 (n, channels and classes)."""
        maps = self.backbone.maps(normalise(pixels))[-1]
        shares = class_shares(self.backbone.classifier(maps.mean((2, 3))))
        return torch.cat([functional.normalize(pool(maps)), CLASSES * shares], 1)

    def forward(self, pixels: Tensor) -> CodeOutputs:
        """All outputs for uint8 pixels (n, size, size, 3)."""
        features, logits = self.head(self.pooled(pixels))
        scaled = torch.round(features * self.head.scale).clamp(-127.0, 127.0)
        return CodeOutputs(pack_bits(logits > 0), scaled.to(torch.int8), features, logits)
