"""ResNet-50, as the thesis had it for aerial pictures, with weights from a safetensors file.

Source: K. He et al., "Deep Residual Learning for Image Recognition" (2016), table 1, with the
stride in the 3 x 3 convolution of a block. Its parameters have the names that timm gives them, so
that the files that are published for it fit; timm itself is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.errors import MissingExtraError, ModelError, UsageError
from lookalike.system.installing import install_command
from lookalike.training.networks.hash_network import Backbone

__all__ = ["ResNet50"]

BLOCKS = (3, 4, 6, 3)
WIDTHS = (64, 128, 256, 512)
EXPANSION = 4

_MEAN = (123.675, 116.28, 103.53)
_DEVIATION = (58.395, 57.12, 57.375)


class _Bottleneck(nn.Module):
    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = EXPANSION * width
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.downsample = nn.Identity()
        if stride > 1 or channels != out:
            self.downsample = nn.Sequential(  # type: ignore[assignment]
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet50(Backbone):
    """Pictures to the averages of the last feature maps.

    Args:
        weights: a safetensors file in timm's naming, such as ``model.safetensors`` of
            ``timm/resnet50.a1_in1k``; ``None`` starts from random ones.
        inside: side that pictures are scaled to, 0 for none.
        blocks: of the four stages, for tests.

    Raises:
        ModelError: the file isn't a set of weights of this network.
        MissingExtraError: safetensors isn't installed.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        weights: Path | None = None,
        inside: int = 0,
        *,
        blocks: Sequence[int] = BLOCKS,
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            "deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1), persistent=False
        )
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        channels = WIDTHS[0]
        for row, (count, width) in enumerate(zip(blocks, WIDTHS, strict=True)):
            stage: list[nn.Module] = []
            for number in range(count):
                stage.append(_Bottleneck(channels, width, 2 if row and not number else 1))
                channels = EXPANSION * width
            setattr(self, f"layer{row + 1}", nn.Sequential(*stage))
        self.inside = inside
        self.channels = channels
        if weights is not None:
            self.load(weights)

    def load(self, path: Path) -> None:
        """Take the weights out of a file, all but those of its classes."""
        try:
            from safetensors import SafetensorError
            from safetensors.torch import load_file
        except ImportError as error:
            raise MissingExtraError(
                f"weights in safetensors need the package: {install_command('train')}"
            ) from error
        try:
            stored = load_file(path)
        except FileNotFoundError as error:
            raise UsageError(f"{path}: there is no such file of weights: check the path") from error
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{path} isn't a safetensors file ({error})") from error
        kept = {name: value for name, value in stored.items() if not name.startswith("fc.")}
        own = self.state_dict()
        # Some published files leave out how many batches the statistics are of.
        missing = {n for n in own if n not in kept and not n.endswith("num_batches_tracked")}
        odd = {n for n, value in kept.items() if n not in own or own[n].shape != value.shape}
        if missing or odd:
            first = sorted(missing or odd)[0]
            raise ModelError(
                f"{path} holds no weights of ResNet-50 in timm's naming ({first} doesn't fit): "
                "give model.safetensors of timm/resnet50.a1_in1k, for example"
            )
        self.load_state_dict(kept, strict=False)

    def forward(self, pixels: Tensor) -> Tensor:
        """uint8 (n, side, side, 3) to (n, 2048)."""
        x = (pixels.permute(0, 3, 1, 2).to(torch.float32) - self.mean) / self.deviation
        if self.inside and self.inside != x.shape[-1]:
            x = functional.interpolate(x, (self.inside, self.inside), mode="bilinear")
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for row in range(len(WIDTHS)):
            x = getattr(self, f"layer{row + 1}")(x)
        return x.mean((2, 3))
