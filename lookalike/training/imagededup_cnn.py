"""Features as imagededup's ``CNN`` makes them, given the weights that torchvision publishes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from lookalike.errors import ModelError
from lookalike.training.networks.mobilenet_v3 import MobileNetV3Small
from lookalike.types import InputSpec, Pixels

__all__ = ["INPUT", "ImagededupCNN", "cut", "normalised"]

INPUT = InputSpec(256, "stretch", "bilinear")
"""What a picture is brought to before its edges are cut off."""

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class ImagededupCNN:
    """MobileNetV3-Small up to its pooled features, 576 of them, compared by their cosine.

    Args:
        weights: of torchvision's ``mobilenet_v3_small`` (IMAGENET1K_V1), as safetensors with the
            names of its ``state_dict``.

    Raises:
        ModelError: the file can't be read, or holds other weights.
    """

    def __init__(self, weights: Path) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            tensors = load_file(weights)
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{weights}: can't be read as safetensors ({error})") from error
        self._network = MobileNetV3Small().eval()
        try:
            self._network.load_torchvision(tensors)
        except ModelError as error:
            raise ModelError(f"{weights}: {error}") from error

    def features(self, image: Image.Image) -> npt.NDArray[np.float32]:
        """Of one RGB picture, float32 (576,)."""
        batch = torch.from_numpy(normalised(image)[None]).permute(0, 3, 1, 2)
        with torch.inference_mode():
            found: npt.NDArray[np.float32] = self._network(batch)[0].numpy()
        return found


def normalised(image: Image.Image) -> npt.NDArray[np.float32]:
    """An RGB picture as the network takes it: the centre of 256 x 256, (224, 224, 3)."""
    return cut(np.asarray(image.resize((256, 256), Image.Resampling.BILINEAR)))


def cut(pixels: Pixels) -> npt.NDArray[np.float32]:
    """A picture of :data:`INPUT` as the network takes it: its centre, (224, 224, 3)."""
    centre = np.asarray(pixels[16:240, 16:240], np.float32) / 255
    return np.asarray((centre - _MEAN) / _DEVIATION, np.float32)
