"""The training loop, to be read from top to bottom.

Every draw depends on the seed and on which epoch, step and part it is for. So the same seed gives
the same network on one machine, with any number of threads, and a training that was resumed after
an epoch gives what it would have given without a break.
"""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lookalike.errors import LookalikeError, UsageError
from lookalike.system.processors import processors
from lookalike.training.augment import augmented
from lookalike.training.build import begins_from, build
from lookalike.training.checkpoint import Checkpoint, Epoch, read_checkpoint, write_checkpoint
from lookalike.training.config import Config
from lookalike.training.examples import Examples, check_examples
from lookalike.training.finish import layers_on, pooled_features
from lookalike.training.losses import loss_named, loss_of
from lookalike.training.networks.hash_network import HashNetwork
from lookalike.training.networks.noise import reseed
from lookalike.training.optimizers import optimizers
from lookalike.training.order import epoch_order
from lookalike.training.precision import faster_in_bfloat16
from lookalike.training.replicas import Replicas
from lookalike.training.schedule import Plateau, one_cycle

__all__ = ["Step", "Trained", "train"]

_log = logging.getLogger(__name__)

PREPARED = 5000
"""Pictures that a backbone may look at before the training starts."""

LOOKED_AT = 125
"""Validation pictures that go through the network at once."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a training stands, for a progress bar.

    Attributes:
        epoch: from 1 on.
        epochs: at most.
        step: done in this epoch.
        steps: of an epoch.
        loss: of the last batch.
        finishing: whether the epochs are done, and the steps are of the pictures that the last
            layers' features are computed of.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    finishing: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave.

    Attributes:
        network: in evaluation mode.
        epochs: what was measured, one by one.
        data: name and digest of the training pictures.
    """

    network: HashNetwork
    epochs: tuple[Epoch, ...]
    data: str


def train(
    examples: Examples,
    config: Config,
    *,
    validation: Examples | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    threads: int | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Trained:
    """Train a network.

    Args:
        examples: the training pictures.
        config: the settings.
        validation: pictures to stop by and to halve the learning rate by, where the settings say
            so; the network of the epoch with the lowest loss on them is what is returned.
        checkpoint: a file to write after every epoch.
        resume: go on from that file.
        threads: that compute; by default as many as there are processors for this process.
        progress: called after every step.

    Raises:
        UsageError: settings and pictures don't go together, or there is nothing to resume.
        LookalikeError: the loss is no longer a number.
    """
    check_examples(examples, validation, config)
    whole = replace(config, bfloat16=faster_in_bfloat16(config))
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # see replicas.py
    try:
        with (
            torch.random.fork_rng(devices=[]),
            ThreadPoolExecutor(threads or processors(), "lookalike-train") as pool,
        ):
            torch.manual_seed(config.seed)
            run = _Run(whole, examples, validation, pool)
            if resume:
                run.restore(read_checkpoint(checkpoint or Path()))
            while run.unfinished():
                run.epoch(progress)
                if checkpoint is not None:
                    write_checkpoint(checkpoint, run.checkpoint())
            if run.best is not None:
                run.network.load_state_dict(run.best)
            if run.finish(progress) and checkpoint is not None:
                write_checkpoint(checkpoint, run.checkpoint())
    finally:
        torch.set_num_threads(before)
    return Trained(run.network.eval(), tuple(run.epochs), run.data)


class _Run:
    """The state of a training between its epochs."""

    def __init__(
        self,
        config: Config,
        examples: Examples,
        validation: Examples | None,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.config = config
        self.examples = examples
        self.validation = validation
        self.pool = pool
        classes = max(1, len(examples.classes))
        self.network = build(config, classes)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if not begins_from(config):
            self.network.backbone.prepare(torch.from_numpy(examples.pictures[:PREPARED]))
        self.kind = loss_named(config.loss)
        self.loss = loss_of(
            config.loss, config.width, classes, nested=config.nested, seed=config.seed
        )
        self.replicas = Replicas(self.network, config.batch // config.part)
        self.optimizers = optimizers(self.network, config)
        self.highest = [[group["lr"] for group in o.param_groups] for o in self.optimizers]
        self.plateau = Plateau(config.patience)
        self.data = f"{examples.name} {examples.digest}"
        # What is left over waits for the next epoch.
        self.steps = len(examples.pictures) // config.batch
        self.epochs: list[Epoch] = []
        self.best: dict[str, Tensor] | None = None

    def unfinished(self) -> bool:
        """Whether there is an epoch to go."""
        stop = self.config.stop_after
        stopped = bool(stop) and self.plateau.stale >= stop
        return len(self.epochs) < self.config.epochs and not stopped

    def epoch(self, progress: Callable[[Step], None] | None) -> None:
        """Train for one epoch, and validate."""
        config, number = self.config, len(self.epochs)
        started = time.monotonic()
        random = np.random.default_rng([config.seed, number])
        order = epoch_order(self.examples.labels, random, balanced=config.balanced)
        total = right = 0.0
        for step in range(self.steps):
            done = (number * self.steps + step) / (config.epochs * self.steps)
            rate = self.set_rates(done)
            rows = order[step * config.batch : (step + 1) * config.batch]
            parts = range(config.batch // config.part)
            found = list(self.pool.map(lambda p: self.part(rows, number, step, p, done), parts))  # noqa: B023
            value = sum(loss for loss, _ in found) / len(found)
            if not math.isfinite(value):
                raise LookalikeError(
                    f"the loss became {value} in epoch {number + 1}: lower the learning rate"
                )
            self.replicas.gather()
            for optimizer in self.optimizers:
                optimizer.step()
            total += value
            right += sum(share for _, share in found) / len(found)
            if progress is not None:
                progress(Step(number + 1, config.epochs, step + 1, self.steps, value))
        self.replicas.merge()
        held_loss, held_right = self.validate()
        if held_loss is not None and self.plateau.see(held_loss):
            self.best = copy.deepcopy(self.network.state_dict())
        self.epochs.append(
            Epoch(
                number + 1,
                total / self.steps,
                right / self.steps if self.kind.classifies else None,
                held_loss,
                held_right,
                rate,
                time.monotonic() - started,
            )
        )
        _log.info("%s", self.epochs[-1])

    def finish(self, progress: Callable[[Step], None] | None) -> bool:
        """Train the last layers anew on what the backbone gives now; whether that is asked for."""
        config, network = self.config, self.network.eval()
        # Without labels, or with two views, a picture's features alone teach nothing.
        if not config.finish or self.kind.freezes or self.kind.views > 1:
            return False
        count, number = len(self.examples.pictures), len(self.epochs)

        def show(done: int) -> None:
            if progress is not None:
                progress(Step(number, number, done, count, self.epochs[-1].loss, finishing=True))

        pooled = pooled_features(
            network.backbone, self.examples.pictures, config, self.pool, progress=show
        )
        feature, classifier = layers_on(
            pooled,
            self.examples.labels,
            config.loss,
            config.width,
            max(1, len(self.examples.classes)),
            steps=config.finish,
            seed=config.seed,
            nested=config.nested,
            balanced=config.balanced,
        )
        network.feature.load_state_dict(feature.state_dict())
        network.classifier.load_state_dict(classifier.state_dict())
        self.best = copy.deepcopy(network.state_dict())
        _log.info("the last layers are trained anew, in %d steps", config.finish)
        return True

    def set_rates(self, done: float) -> float:
        """Set the learning rates at a share of the whole; gives that of the first group."""
        if self.config.schedule == "one-cycle":
            factor = one_cycle(done, self.config.warmup)
        else:
            factor = self.plateau.factor
        for optimizer, highest in zip(self.optimizers, self.highest, strict=True):
            for group, rate in zip(optimizer.param_groups, highest, strict=True):
                group["lr"] = rate * factor
        return float(self.config.learning_rate * factor)

    def part(
        self, rows: npt.NDArray[np.int64], epoch: int, step: int, part: int, done: float
    ) -> tuple[float, float]:
        """Loss and accuracy of one part of a batch; its copy of the network gets gradients."""
        config, network = self.config, self.replicas.copies[part]
        chosen = rows[part * config.part : (part + 1) * config.part]
        seeds = (config.seed, step, part)
        reseed(network, (*seeds, epoch))
        views = [
            augmented(
                self.examples.pictures, chosen, config.augmentation, seeds, epoch=epoch, view=view
            )
            for view in range(self.kind.views)
        ]
        labels = torch.from_numpy(self.examples.labels[chosen])
        with self.precision():
            outputs = network.train()(torch.from_numpy(np.concatenate(views)))
        loss = self.loss(outputs, labels, done)
        loss.backward()
        if not self.kind.classifies:
            return loss.item(), 0.0
        return loss.item(), (outputs.logits.argmax(1) == labels).float().mean().item()

    def validate(self) -> tuple[float | None, float | None]:
        """Mean loss and accuracy on the validation pictures, where there are any."""
        given = self.validation
        if given is None or self.kind.views > 1:
            return None, None
        self.network.eval()
        count = len(given.pictures)
        found = [
            self.pool.submit(self.look, given, np.arange(start, min(start + LOOKED_AT, count)))
            for start in range(0, count, LOOKED_AT)
        ]
        loss, right = (sum(c) / count for c in zip(*(f.result() for f in found), strict=True))
        return loss, right if self.kind.classifies else None

    def look(self, given: Examples, rows: npt.NDArray[np.int64]) -> tuple[float, float]:
        """Summed loss and right answers for some validation pictures."""
        labels = torch.from_numpy(given.labels[rows])
        with torch.no_grad(), self.precision():
            outputs = self.network(torch.from_numpy(given.pictures[rows]))
            loss = self.loss(outputs, labels, 1.0).item() * len(rows)
        return loss, (outputs.logits.argmax(1) == labels).sum().item()

    def precision(self) -> torch.autocast:
        """What the network is computed in."""
        return torch.autocast("cpu", torch.bfloat16, enabled=bool(self.config.bfloat16))

    def checkpoint(self) -> Checkpoint:
        """All that :meth:`restore` needs."""
        return Checkpoint(
            self.config,
            self.data,
            self.examples.classes,
            tuple(self.epochs),
            self.network.state_dict(),
            self.best,
            self.loss.state_dict(),
            [optimizer.state_dict() for optimizer in self.optimizers],
            asdict(self.plateau),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of the same training."""
        if checkpoint.data != self.data:
            raise UsageError(f"the checkpoint is of other pictures: {checkpoint.data}")
        if not self.config.goes_on_from(checkpoint.config):
            raise UsageError("the checkpoint is of a training with other settings: give the same")
        self.network.load_state_dict(checkpoint.network)
        self.replicas.spread()
        self.loss.load_state_dict(checkpoint.loss)
        for optimizer, state in zip(self.optimizers, checkpoint.optimizers, strict=True):
            optimizer.load_state_dict(state)
        self.plateau = Plateau(**checkpoint.plateau)
        self.best = checkpoint.best
        self.epochs = list(checkpoint.epochs)
