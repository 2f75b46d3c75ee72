"""A backbone, a feature layer of n reals or n bits, and a class layer: what is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.errors import UsageError
from lookalike.training.networks.binarizers import Binarize, Binarizer
from lookalike.training.networks.hash_head import CodeOutputs, pack_bits

__all__ = [
    "Backbone",
    "Encoding",
    "FeatureLayer",
    "HashNetwork",
    "NestedLayers",
    "Outputs",
    "views",
]


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
        nested: such scores from the first bits alone, for each nested width.
    """

    pooled: Tensor
    features: Tensor
    codes: Tensor
    logits: Tensor
    nested: tuple[Tensor, ...] = ()


class FeatureLayer(nn.Module):
    """Pooled features (n, channels) to real features (n, width).

    Args:
        channels: of what comes in.
        width: of what goes out.
        centred: with batch norm, without a scale: it keeps every bit balanced over the training
            pictures and its threshold at 0.
    """

    def __init__(self, channels: int, width: int, *, centred: bool = True) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, width, bias=not centred)
        self.norm = nn.BatchNorm1d(width, affine=False) if centred else nn.Identity()

    def forward(self, pooled: Tensor) -> Tensor:
        """As the class says."""
        found: Tensor = self.norm(self.linear(pooled))
        return found


class NestedLayers(nn.Module):
    """Class layers of prefixes of a code; of use in training only.

    Args:
        nested: the widths, none for no such layers.
        classes: of each layer.
    """

    def __init__(self, nested: Sequence[int], classes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, classes) for width in nested)
        self.widths = tuple(nested)

    def forward(self, codes: Tensor) -> tuple[Tensor, ...]:
        """Codes (n, width) to class scores (n, classes), for each prefix."""
        pairs = zip(self.layers, self.widths, strict=True)
        return tuple(layer(codes[:, :width]) for layer, width in pairs)


class HashNetwork(nn.Module):
    """The whole network.

    Args:
        backbone: pictures to pooled features.
        width: features, or bits.
        classes: of the class layer.
        kind: how features become bits; ``real`` for features that stay as they are.
        frozen: leave the backbone as it is.
        nested: widths of prefixes of the code that are codes of their own.

    Raises:
        UsageError: a width or kind that can't be worked with.
    """

    def __init__(
        self,
        backbone: Backbone,
        width: int,
        classes: int,
        kind: Binarizer = "sign",
        *,
        frozen: bool = False,
        nested: Sequence[int] = (),
    ) -> None:
        super().__init__()
        if not 1 <= width <= 4096:
            raise UsageError(f"a code of {width} bits is out of range: use 1 to 4096")
        if classes < 1:
            raise UsageError(f"{classes} classes: there has to be one at least")
        self.backbone = backbone
        self.frozen = frozen
        if frozen:
            backbone.requires_grad_(requires_grad=False)
        # The thesis had no batch norm there.
        self.feature = FeatureLayer(backbone.channels, width, centred=kind != "hard-sigmoid")
        self.binarize = Binarize(kind)
        self.classifier = nn.Linear(width, classes)
        self.nested = NestedLayers(nested, classes)

    @property
    def kind(self) -> Binarizer:
        """How features become bits."""
        return self.binarize.kind

    def train(self, mode: bool = True) -> Self:  # as its base has it
        """Set the mode; the statistics of a frozen backbone stay too."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self

    def forward(self, pixels: Tensor) -> Outputs:
        """All outputs for uint8 pixels (n, side, side, 3)."""
        pooled = self.backbone(pixels)
        # bfloat16 keeps 8 bits of a number: too few for what decides about signs.
        with torch.autocast("cpu", enabled=False):
            wide = pooled.float()
            features = self.feature(wide)
            codes = self.binarize(features)
            return Outputs(wide, features, codes, self.classifier(codes), self.nested(codes))


def views(pixels: Tensor, *, mirror: bool, quarters: bool) -> list[Tensor]:
    """Pictures (n, side, side, 3) as they are, mirrored, and turned by quarters, as asked for."""
    found = [pixels]
    if quarters:
        turned = pixels.transpose(1, 2)
        # By half a turn, and by a quarter either way.
        found += [pixels.flip(1).flip(2), turned.flip(1), turned.flip(2)]
    if mirror:
        found += [view.flip(2) for view in found]
    return found


class Encoding(nn.Module):
    """A trained network as a shipped model: uint8 pixels to code and embedding.

    Args:
        network: in evaluation mode.
        mirror: whether the features are the mean of those of the picture and of its mirror image,
            which makes codes a little better at twice the time.
        quarters: whether they are the mean over turns by quarters too, at four times the time.
    """

    def __init__(
        self, network: HashNetwork, *, mirror: bool = False, quarters: bool = False
    ) -> None:
        super().__init__()
        self.network = network
        self.mirror = mirror
        self.quarters = quarters
        self.train(network.training)

    def forward(self, pixels: Tensor) -> CodeOutputs:
        """For pixels (n, side, side, 3): ``embedding`` is the direction of the features."""
        seen = views(pixels, mirror=self.mirror, quarters=self.quarters)
        # One after the other: all at once would take as many times the memory.
        features = sum(
            (self.network.feature(self.network.backbone(view)) for view in seen[1:]),
            self.network.feature(self.network.backbone(seen[0])),
        ) / len(seen)
        direction = functional.normalize(features)
        rounded = torch.round(direction * 127.0).to(torch.int8)
        return CodeOutputs(pack_bits(features > 0), rounded, direction, features)
