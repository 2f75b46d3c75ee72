"""Networks by their settings."""

from __future__ import annotations

from pathlib import Path

from lookalike.errors import UsageError
from lookalike.training import own
from lookalike.training.checkpoint import Checkpoint, read_checkpoint
from lookalike.training.config import NETWORKS, Config
from lookalike.training.losses import loss_named
from lookalike.training.networks.hash_network import Backbone, HashNetwork
from lookalike.training.networks.lite import Lite
from lookalike.training.networks.resnet9 import ResNet9
from lookalike.training.networks.resnet50 import ResNet50
from lookalike.training.networks.thesis_cnn import ThesisCNN
from lookalike.training.weights import located

__all__ = ["begins_from", "build", "restored"]

CHECKPOINT = ".checkpoint"
"""What the name of a training's checkpoint ends with, as opposed to published weights."""


def build(config: Config, classes: int) -> HashNetwork:
    """A network before its training.

    With ``config.start`` its backbone is the one of that checkpoint, as it is, and only feature and
    class layer are to be trained. Where ``config.weights`` is a checkpoint its backbone is that one
    too, and is trained further: at another scale, on other pictures, for another width.

    Raises:
        UsageError: there is no such checkpoint, or it is of another network.
        ModelError: weights that don't fit.
    """
    begun = begins_from(config)
    loss = loss_named(config.loss)
    network = HashNetwork(
        backbone(config, blank=bool(begun)),
        config.width,
        classes,
        loss.binarizer,
        frozen=bool(config.start) or loss.freezes,
        nested=config.nested,
    )
    if begun:
        take_over(network.backbone, Path(begun), config)
    return network


def begins_from(config: Config) -> str:
    """The checkpoint whose backbone a training begins with, "" for none."""
    return config.start or (config.weights if config.weights.endswith(CHECKPOINT) else "")


def take_over(network: Backbone, path: Path, config: Config) -> None:
    """Give a backbone the state of the one in a checkpoint."""
    begun = read_checkpoint(path)
    # Frozen, it has to see what it was trained on; trained further, it may see another size.
    fits = begun.config.side == config.side or not config.start
    if begun.config.network != config.network or not fits:
        raise UsageError(
            f"{path} is of a {begun.config.network} for {begun.config.side} pixels, "
            f"not of a {config.network} for {config.side}: start from one of its kind"
        )
    network.load_state_dict(restored(begun).backbone.state_dict())


def restored(checkpoint: Checkpoint) -> HashNetwork:
    """The network of a checkpoint, in evaluation mode; at its best where that is known."""
    config = checkpoint.config
    network = HashNetwork(
        backbone(config, blank=True),
        config.width,
        max(1, len(checkpoint.classes)),
        loss_named(config.loss).binarizer,
        nested=config.nested,
    )
    network.load_state_dict(checkpoint.best or checkpoint.network)
    return network.eval()


def backbone(config: Config, *, blank: bool = False) -> Backbone:
    """The backbone alone; ``blank`` leaves out the weights that it starts from."""
    if config.weights and config.network != "resnet50" and not config.weights.endswith(CHECKPOINT):
        raise UsageError(
            f"a {config.network} takes no weights from {config.weights}: give the {CHECKPOINT} of "
            "a training of its kind, or --network resnet50"
        )
    if config.network not in NETWORKS:
        return _own(config)
    if config.network == "resnet9":
        return ResNet9()
    if config.network == "thesis-cnn":
        return ThesisCNN(config.side)
    if config.network == "resnet50":
        weights = located(config.weights) if config.weights and not blank else None
        return ResNet50(weights, config.inside)
    return Lite(config.network, config.inside, blank=blank)


def _own(config: Config) -> Backbone:
    """A backbone of another package, made for the side of the pictures."""
    made = own.own(config.network, own.NETWORKS, Backbone, "network")
    if made is None:
        raise UsageError(f"no network {config.network!r}: is the package that has it installed?")
    network: Backbone = made(config.side)
    if not isinstance(getattr(network, "channels", None), int):
        raise UsageError(f"{config.network} doesn't say its channels: set self.channels")
    return network
