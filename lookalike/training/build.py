"""Networks by their settings."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import UsageError
from lookalike.training.checkpoint import Checkpoint, read_checkpoint
from lookalike.training.config import Config
from lookalike.training.losses import loss_named
from lookalike.training.networks.hash_network import Backbone, HashNetwork
from lookalike.training.networks.lite import Lite
from lookalike.training.networks.resnet9 import ResNet9
from lookalike.training.networks.resnet50 import ResNet50
from lookalike.training.networks.thesis_cnn import ThesisCNN
from lookalike.training.weights import located

__all__ = ["build", "restored"]


def build(config: Config, classes: int) -> HashNetwork:
    """A network before its training.

    With ``config.start`` its backbone is the one of that checkpoint, as it is, and only feature and
    class layer are to be trained.

    Raises:
        UsageError: there is no such checkpoint, or it is of another network.
        ModelError: weights that don't fit.
    """
    loss = loss_named(config.loss)
    frozen = bool(config.start) or loss.freezes
    network = HashNetwork(
        backbone(config, blank=bool(config.start)),
        config.width,
        classes,
        loss.binarizer,
        frozen=frozen,
    )
    if config.start:
        begun = read_checkpoint(Path(config.start))
        if (begun.config.network, begun.config.side) != (config.network, config.side):
            raise UsageError(
                f"{config.start} is of a {begun.config.network} for {begun.config.side} pixels, "
                f"not of a {config.network} for {config.side}: start from one of its kind"
            )
        network.backbone.load_state_dict(restored(begun).backbone.state_dict())
    return network


def restored(checkpoint: Checkpoint) -> HashNetwork:
    """The network of a checkpoint, in evaluation mode; at its best where that is known."""
    config = checkpoint.config
    network = HashNetwork(
        backbone(config, blank=True),
        config.width,
        max(1, len(checkpoint.classes)),
        loss_named(config.loss).binarizer,
    )
    network.load_state_dict(checkpoint.best or checkpoint.network)
    return network.eval()


def backbone(config: Config, *, blank: bool = False) -> Backbone:
    """The backbone alone; ``blank`` leaves out the weights that it starts from."""
    if config.network == "resnet9":
        return ResNet9()
    if config.network == "thesis-cnn":
        return ThesisCNN(config.side)
    if config.network == "resnet50":
        weights = located(config.weights) if config.weights and not blank else None
        return ResNet50(weights, config.inside)
    return Lite(config.network, config.inside, blank=blank)
