"""The time that another encoder takes, for comparison: MobileNetV3-Small as imagededup runs it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from lookalike.errors import PictureError
from lookalike.road import Picture, Road
from lookalike.training.imagededup_cnn import INPUT, cut
from lookalike.training.networks.mobilenet_v3 import MobileNetV3Small

__all__ = ["features_of"]

BATCH = 64


def features_of(paths: Sequence[str]) -> tuple[float, int]:
    """Decode and encode picture files, with all cores in the network.

    They are decoded as lookalike decodes them, ahead of the network and beside it.

    Returns:
        Seconds, and how many pictures could be read.
    """
    network = MobileNetV3Small().eval()
    done = 0
    batch: list[npt.NDArray[np.float32]] = []

    def run() -> int:
        network(torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2))
        count = len(batch)
        batch.clear()
        return count

    started = time.perf_counter()
    with torch.inference_mode(), Road[str]({}) as road:

        def read(path: Picture) -> npt.NDArray[np.float32]:
            return cut(road.picture(path, more={"peer": INPUT}).inputs["peer"])

        for _, picture in road.each(zip(paths, paths, strict=True), read):
            if not isinstance(picture, PictureError):
                batch.append(picture)
            if len(batch) == BATCH:
                done += run()
        if batch:
            done += run()
    return time.perf_counter() - started, done
