"""Networks by their settings."""

from __future__ import annotations

from lookalike.training.config import Config
from lookalike.training.losses import loss_named
from lookalike.training.networks.hash_network import Backbone, HashNetwork
from lookalike.training.networks.resnet9 import ResNet9

__all__ = ["build"]


def build(config: Config, classes: int) -> HashNetwork:
    """A network before its training.

    Args:
        config: of which ``network``, ``width``, ``loss``, ``inside`` and ``weights`` count.
        classes: among the labels.
    """
    return HashNetwork(backbone(config), config.width, classes, loss_named(config.loss).binarizer)


def backbone(config: Config) -> Backbone:
    """The backbone alone."""
    return ResNet9()
