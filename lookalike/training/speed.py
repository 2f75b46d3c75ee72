"""The time that another encoder takes, for comparison: MobileNetV3-Small as imagededup runs it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from lookalike.training.imagededup_cnn import normalised
from lookalike.training.networks.mobilenet_v3 import MobileNetV3Small

__all__ = ["features_of"]

BATCH = 64


def features_of(paths: Sequence[str]) -> tuple[float, int]:
    """Decode and encode picture files, with all cores in the network.

    Returns:
        Seconds, and how many pictures could be read.
    """
    network = MobileNetV3Small().eval()
    done = 0
    started = time.perf_counter()
    with torch.inference_mode():
        for start in range(0, len(paths), BATCH):
            pictures = [
                p for path in paths[start : start + BATCH] if (p := _read(path)) is not None
            ]
            if pictures:
                network(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))
                done += len(pictures)
    return time.perf_counter() - started, done


def _read(path: str) -> npt.NDArray[np.float32] | None:
    try:
        with Image.open(path) as file:
            return normalised(file.convert("RGB"))
    except OSError:
        return None
