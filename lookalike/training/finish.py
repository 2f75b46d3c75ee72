"""A last phase of training: the feature and the class layer alone, on the finished backbone.

While the backbone learns, its features move under the layer that turns them into bits, and the
layer follows at the pace that suits the backbone. Once they stand still they are computed once for
each picture, without augmentation, and thousands of steps cost seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from lookalike.training.config import Config
from lookalike.training.losses import loss_named, loss_of
from lookalike.training.networks.binarizers import Binarize
from lookalike.training.networks.hash_network import (
    Backbone,
    FeatureLayer,
    NestedLayers,
    Outputs,
    views,
)
from lookalike.training.order import balanced_order
from lookalike.training.schedule import one_cycle
from lookalike.types import Pixels

__all__ = ["layers_on", "pooled_features"]

Floats = npt.NDArray[np.float32]

RATE = 3e-3  # of AdamW, at its highest
BATCH = 500
WARMUP = 0.1
SEEN = 125  # pictures that go through the backbone at once


def pooled_features(
    backbone: Backbone,
    pictures: Pixels,
    config: Config,
    pool: Executor,
    progress: Callable[[int], object] | None = None,
) -> Floats:
    """What the exported model's feature layer will be given for pictures, float32 (n, channels).

    That is the mean over the views of a picture that the model averages: the feature layer is
    linear, so that the mean of its outputs is its output for the mean.

    Args:
        backbone: in evaluation mode.
        pictures: uint8 (n, side, side, 3).
        config: of the training: precision and views.
        pool: of threads that compute.
        progress: called with the number of pictures done so far.
    """

    def look(start: int) -> Floats:
        pixels = torch.from_numpy(pictures[start : start + SEEN])
        fast = bool(config.bfloat16)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=fast):
            seen = views(pixels, mirror=config.mirror, quarters=config.quarters)
            total = backbone(seen[0]).float()
            for view in seen[1:]:
                total += backbone(view).float()
        return np.asarray(total / len(seen))

    found: list[Floats] = []
    done = 0
    for rows in pool.map(look, range(0, len(pictures), SEEN)):
        found.append(rows)
        done += len(rows)
        if progress is not None:
            progress(done)
    return np.concatenate(found)


def layers_on(
    pooled: Floats,
    labels: npt.NDArray[np.int64],
    loss_name: str,
    width: int,
    classes: int,
    *,
    steps: int,
    seed: int,
    nested: Sequence[int] = (),
    balanced: bool = False,
) -> tuple[FeatureLayer, nn.Linear]:
    """A feature layer and a class layer, trained on features of a backbone.

    Args:
        pooled: the backbone's features, (n, channels).
        labels: int64 (n,).
        loss_name: what they are trained with.
        width: bits, or real features.
        classes: how many there are.
        steps: of up to 500 pictures.
        seed: of the first weights and of the draws.
        nested: widths whose bits are the first of the code, and a code of their own.
        balanced: draw from each class equally often.

    Returns:
        Both in evaluation mode.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        kind = loss_named(loss_name).binarizer
        loss = loss_of(loss_name, width, classes, nested=nested, seed=seed)
        layer = FeatureLayer(pooled.shape[1], width, centred=kind != "hard-sigmoid")
        classifier = nn.Linear(width, classes)
        narrow = NestedLayers(nested, classes)
    binarize = Binarize(kind)
    learning = nn.ModuleList([layer, classifier, narrow])
    optimizer = torch.optim.AdamW(learning.parameters(), RATE)
    random = np.random.default_rng(seed)
    count = min(BATCH, len(pooled))
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * one_cycle(step / steps, WARMUP)
        if balanced:
            rows = balanced_order(labels, random)[:count]
        else:
            rows = random.choice(len(pooled), count, replace=False)
        some = torch.from_numpy(pooled[rows])
        features = layer(some)
        codes = binarize(features)
        outputs = Outputs(some, features, codes, classifier(codes), narrow(codes))
        optimizer.zero_grad()
        loss(outputs, torch.from_numpy(labels[rows]), step / steps).backward()
        optimizer.step()
    return layer.eval(), classifier.eval()
