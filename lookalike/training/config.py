"""The settings of a training: frozen, written into its checkpoint and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from lookalike.errors import UsageError
from lookalike.training import own
from lookalike.training.augment import Augmentation

__all__ = ["NETWORKS", "Config", "NetworkName", "at_32_pixels", "recipe"]

NetworkName = Literal["resnet9", "thesis-cnn", "lite0", "lite1", "lite2", "resnet50"]
NETWORKS: tuple[NetworkName, ...] = get_args(NetworkName)

Optimizer = Literal["muon", "adamw", "sgd"]
Schedule = Literal["one-cycle", "plateau"]


def check_network(name: str) -> None:
    """Refuse the name of a network that nobody has; one's own is imported when it is built."""
    known = [*NETWORKS, *own.names(own.NETWORKS)]
    if name not in known and ":" not in name:
        raise UsageError(
            f"no network {name!r}: use {', '.join(known)}, or give your own as module:Class"
        )


@dataclass(frozen=True, slots=True)
class Config:
    """What a training does.

    Attributes:
        network: name of the backbone: one of :data:`NETWORKS`, ``module:Class``, or that of an
            entry point.
        width: of the feature layer: bits, or real features.
        nested: narrower widths whose bits are the first of the code, and a code of their own;
            ascending.
        loss: name of the loss, which says how features become bits.
        side: of the pictures that the model takes, in pixels.
        inside: what the pretrained networks scale them to, 0 for ``side``.
        weights: a file for a backbone that brings none, or the checkpoint of a training whose
            backbone is trained further, "" for none.
        start: a checkpoint whose backbone is used as it is, "" for none: then only the feature and
            the class layer learn.
        epochs: at most.
        batch: pictures a step.
        part: pictures that are computed together, by one thread; batch norm, and losses that
            compare pictures with each other, see no more than these at once.
        optimizer: ``muon`` turns the convolutions and leaves the rest to ``adamw``.
        learning_rate: of the optimiser at its highest.
        head_learning_rate: of the feature and the class layer; with ``muon`` of all that it leaves.
        momentum: of ``muon`` and ``sgd``.
        weight_decay: of ``adamw`` and ``sgd``, on weights of two dimensions and more.
        schedule: ``one-cycle`` rises and then falls to 0, linearly; ``plateau`` halves when the
            validation loss stops falling.
        warmup: share of the steps that a cycle rises in.
        patience: epochs without a lower validation loss until ``plateau`` halves.
        stop_after: such epochs until the training ends early, 0 for never.
        balanced: show equally many pictures of each class in an epoch, whatever it has.
        augmentation: what happens to pictures.
        mirror: whether the model averages a picture's features with its mirror image's.
        quarters: whether it also averages those of the picture turned by quarters, for pictures
            that have no up.
        finish: steps that the feature and the class layer learn alone at the end, on the finished
            backbone's features; 0 to leave them as they were trained with it.
        seed: of all that is drawn.
        bfloat16: compute in it, where that is faster; ``None`` to find out.
    """

    network: str = "resnet9"
    width: int = 48
    nested: tuple[int, ...] = ()
    loss: str = "greedyhash"
    side: int = 32
    inside: int = 0
    weights: str = ""
    start: str = ""
    epochs: int = 24
    batch: int = 500
    part: int = 125
    optimizer: Optimizer = "muon"
    learning_rate: float = 0.1
    head_learning_rate: float = 0.003
    momentum: float = 0.6
    weight_decay: float = 0.0
    schedule: Schedule = "one-cycle"
    warmup: float = 0.02
    patience: int = 5
    stop_after: int = 0
    balanced: bool = False
    augmentation: Augmentation = field(default_factory=Augmentation)
    mirror: bool = False
    quarters: bool = False
    finish: int = 0
    seed: int = 0
    bfloat16: bool | None = None

    def __post_init__(self) -> None:
        check_network(self.network)
        for name, least in (
            ("width", 1),
            ("side", 8),
            ("epochs", 1),
            ("batch", 2),
            ("seed", 0),
            ("finish", 0),
        ):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}: it has to be {least} or more")
        if not 2 <= self.part <= self.batch or self.batch % self.part:
            raise UsageError(
                f"a batch of {self.batch} can't be made of parts of {self.part}: give a divisor "
                "of the batch, 2 or more"
            )
        widths = (0, *self.nested, self.width)
        if list(widths) != sorted(set(widths)):
            raise UsageError(
                f"the nested widths {list(self.nested)} have to rise from 1 on, and stay "
                f"below the {self.width} bits of the code"
            )
        if self.learning_rate <= 0 or self.head_learning_rate <= 0:
            raise UsageError("learning rates have to be above 0")

    def goes_on_from(self, begun: Config) -> bool:
        """Whether a training with the settings ``begun`` is the beginning of one with these."""
        # That the last layers will be finished changes nothing about the epochs before.
        if not begun.finish:
            begun = replace(begun, finish=self.finish)
        # Nor does how long a schedule may go on that only looks at the validation loss.
        if begun.schedule == "plateau":
            begun = replace(begun, epochs=self.epochs)
        return begun == self

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a checkpoint or a card."""
        return {**asdict(self), "nested": list(self.nested)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """The settings that :meth:`to_dict` gave.

        What an older version didn't know has the value that it has by default.

        Raises:
            UsageError: they are settings of a newer version.
        """
        unknown = set(values) - {entry.name for entry in fields(cls)}
        if unknown:
            raise UsageError(f"settings of a newer lookalike: {', '.join(sorted(unknown))}")
        given = dict(values)
        try:
            given["nested"] = tuple(given.get("nested", ()))
            given["augmentation"] = Augmentation(**given.get("augmentation", {}))
            return cls(**given)
        except TypeError as error:
            raise UsageError(f"settings of another version of lookalike ({error})") from error


_RECIPES: dict[str, Config] = {
    "resnet9": Config(augmentation=Augmentation(shift=4, cutout=12), mirror=True, finish=2000),
    # As the thesis trained it: Adam, halve at a plateau, stop early.
    "thesis-cnn": Config(
        network="thesis-cnn",
        loss="thesis",
        epochs=120,
        batch=128,
        part=64,
        optimizer="adamw",
        learning_rate=1e-3,
        head_learning_rate=1e-3,
        weight_decay=1e-4,
        schedule="plateau",
        stop_after=15,
        augmentation=Augmentation(shift=3),
    ),
    "pretrained": Config(
        side=224,
        epochs=8,
        batch=64,
        part=16,
        optimizer="adamw",
        learning_rate=5e-4,
        head_learning_rate=3e-3,
        weight_decay=0.02,
        warmup=0.15,
        augmentation=Augmentation(shift=16, zoom=0.3, colour=0.2),
    ),
}


def recipe(network: str) -> Config:
    """The settings that suit a network; one's own is trained as the pretrained ones are.

    Raises:
        UsageError: there is no such network.
    """
    check_network(network)
    return replace(_RECIPES.get(network, _RECIPES["pretrained"]), network=network)


def at_32_pixels(config: Config) -> Config:
    """The settings of a pretrained network for pictures of 32 pixels, such as CIFAR-10's.

    They are scaled up inside the network: it was trained on larger ones, and halves five times.
    """
    return replace(
        config,
        side=32,
        inside=128,
        augmentation=Augmentation(shift=4, cutout=8, colour=config.augmentation.colour),
        mirror=True,
        finish=2000,
    )
