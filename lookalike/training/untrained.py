"""A network as it is before its training, to say what the training won."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from lookalike.training.build import begins_from, build
from lookalike.training.config import Config
from lookalike.training.examples import Examples
from lookalike.training.networks.hash_network import Encoding
from lookalike.types import Codes, Pixels

__all__ = ["encoded", "untrained"]

CENTRED_ON = 500
"""Pictures whose features give the means that the bits are split at."""

SEEN = 50  # pictures that go through the network at once


def untrained(examples: Examples, config: Config) -> Encoding:
    """The network that a training starts with, as a model would be made of it.

    Its backbone knows what its weights knew; its feature layer is the one that is drawn by the
    seed. The bits are split at the means over some training pictures, as batch norm would have it:
    otherwise most of them would be the same for all pictures.

    Args:
        examples: the training pictures.
        config: the settings.

    Raises:
        UsageError: as of :func:`lookalike.training.build.build`.
    """
    some = examples.pictures[
        np.random.default_rng(config.seed).permutation(len(examples.pictures))[:CENTRED_ON]
    ]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(config.seed)
        network = build(config, max(1, len(examples.classes)))
        if not begins_from(config):
            network.backbone.prepare(torch.from_numpy(some))
        network.eval()
        pooled = torch.cat([network.backbone(part).float() for part in _parts(some)])
        norm = network.feature.norm
        if isinstance(norm, nn.BatchNorm1d):
            found = network.feature.linear(pooled)
            norm.running_mean = found.mean(0)
            norm.running_var = found.var(0, unbiased=False).clamp_min(1e-6)
    return Encoding(network, mirror=config.mirror, quarters=config.quarters).eval()


def encoded(network: Encoding, pictures: Pixels) -> Codes:
    """The codes of pictures, uint8 (n, ceil(bits / 8)).

    Args:
        network: of :func:`untrained`.
        pictures: uint8 (n, side, side, 3).
    """
    with torch.inference_mode():
        codes = [network(part).code for part in _parts(pictures)]
    return np.asarray(torch.cat(codes))


def _parts(pictures: Pixels) -> Iterator[torch.Tensor]:
    for start in range(0, len(pictures), SEEN):
        yield torch.from_numpy(np.ascontiguousarray(pictures[start : start + SEEN]))
