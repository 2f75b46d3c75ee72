"""``lookalike train``."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lookalike.cli.options import PathType, json_option, verbose_option
from lookalike.cli.output import counted, note, print_json, show_path
from lookalike.cli.progress import counter
from lookalike.cli.target import check_target
from lookalike.cli.training_bar import training_bar
from lookalike.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from lookalike.datasets.parts import Dataset
    from lookalike.training.config import Config

__all__ = ["train"]

_SETTINGS = ("loss", "epochs", "batch", "seed", "inside", "weights", "schedule", "learning_rate")


@click.command(short_help="Train a model on labelled pictures.")
@click.argument("data", metavar="DATA")
@click.option("--bits", type=click.IntRange(1, 4096), help="Width of the code; 48 unless told.")
@click.option("--reals", type=click.IntRange(1, 4096), help="Real features instead, so many.")
@click.option("--network", metavar="NAME", help="What looks at the pictures.")
@click.option("--loss", metavar="NAME", help="What shapes the codes.")
@click.option("--epochs", type=click.IntRange(1), help="Times that each picture is looked at.")
@click.option("--batch", type=click.IntRange(2), help="Pictures a step.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all draws.")
@click.option("--out", required=True, metavar="MODEL", type=PathType(), help="The .onnx to write.")
@click.option("--protocol", metavar="NAME", help="Learn only what this protocol allows.")
@click.option("--size", type=click.IntRange(16, 1024), help="Side of the model's input, in pixels.")
@click.option("--inside", type=click.IntRange(16, 1024), help="Side that it is scaled to inside.")
@click.option(
    "--weights", metavar="FILE", type=PathType(), help="Weights for resnet50 to start from."
)
@click.option("--schedule", type=click.Choice(["one-cycle", "plateau"]), help="Of learning rates.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="At its highest.")
@click.option("--validation", type=click.FloatRange(0, 0.9), help="Share of the training pictures.")
@click.option("--turns", is_flag=True, help="The pictures have no up: turn and flip them all ways.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint beside MODEL.")
@click.option("--threads", type=click.IntRange(1), help="All processors unless told.")
@click.option("--data-dir", metavar="DIR", type=PathType(), help="Where data sets lie.")
@click.option("--download", is_flag=True, help="Fetch cifar10 where it is missing.")
@json_option
@verbose_option
def train(
    data: str, out: Path, resume: bool, threads: int | None, as_json: bool, **given: Any
) -> None:
    """Train a model on DATA: cifar10, resisc45, or a folder with a folder for each class.

    MODEL is used by index --model and by encode --code. Beside it come its card (.json), the curves
    (.csv, .png) and a checkpoint (.checkpoint), which --resume goes on from after an interruption.
    """
    check_target(out, [".onnx"])
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("training takes PyTorch: pip install 'lookalike[train]'") from error
    from lookalike.training import loop
    from lookalike.training.curves import plot_curves, write_curves
    from lookalike.training.shipping import write_model
    from lookalike.training.sources import examples

    dataset, share = _dataset(data, given)
    config = _config(dataset, given)
    with counter("reading") as read:
        learned = examples(dataset.train, dataset, config.side, told=share, progress=read)
        held = None
        if dataset.validation is not None:
            held = examples(
                dataset.validation, dataset, config.side, told="validation", progress=read
            )
    checkpoint = out.with_suffix(".checkpoint")
    note(f"training on {learned.name}, {counted(len(learned.classes), 'class', 'classes')}")
    with training_bar() as bar:
        trained = loop.train(
            learned,
            config,
            validation=held,
            checkpoint=checkpoint,
            resume=resume,
            threads=threads,
            progress=bar,
        )
    write_curves(trained.epochs, out.with_suffix(".csv"))
    plot_curves(trained.epochs, out.with_suffix(".png"))
    command = shlex.join(["lookalike", *sys.argv[1:]]) if sys.argv[1:2] == ["train"] else ""
    card = write_model(trained, config, learned.pictures, out, command=command)
    if as_json:
        print_json({"model": str(out.absolute()), "bits": card.bits, "figures": dict(card.figures)})
    else:
        click.echo(f"{card.name}, {card.bits} bits: {show_path(str(out.absolute()))}")


def _dataset(data: str, given: dict[str, Any]) -> tuple[Dataset, str]:
    """The pictures to learn from, and what they are called."""
    from lookalike.datasets import load
    from lookalike.datasets.splits import split_for, with_validation

    seed, protocol = given["seed"], given["protocol"]
    dataset = load(data, given["data_dir"], seed=seed, download=given["download"])
    if protocol is not None:
        dataset = replace(
            dataset, train=split_for(dataset, protocol, seed).training, validation=None
        )
    share = given["validation"]
    wants = given["schedule"] == "plateau" or given["network"] == "thesis-cnn"
    if share is None and wants and given["schedule"] != "one-cycle":
        share = 0.15
    if share:
        dataset = with_validation(dataset, seed, share)
    return dataset, protocol or "train"


def _config(dataset: Dataset, given: dict[str, Any]) -> Config:
    """The recipe of the network, with what the command says instead."""
    from lookalike.training.config import recipe

    if given["bits"] is not None and given["reals"] is not None:
        raise UsageError("--bits and --reals exclude each other: a model has the one or the other")
    small = dataset.kind == "cifar10"
    config = recipe(given["network"] or ("resnet9" if small else "lite0"))
    if small:
        config = replace(config, side=32, inside=0 if config.side == 32 else 128)
    told = {name: given[name] for name in _SETTINGS if given[name] is not None}
    if given["weights"] is not None:
        told["weights"] = str(given["weights"])
    if given["size"] is not None:
        told["side"] = given["size"]
    if given["reals"] is not None:
        told = {"loss": "softmax", "width": given["reals"], **told}
    elif given["bits"] is not None:
        told["width"] = given["bits"]
    if given["turns"] or dataset.kind == "resisc45":
        told["augmentation"] = replace(config.augmentation, turns=True)
    if "batch" in told:
        told["part"] = _part(told["batch"], config.part)
    return replace(config, **told)


def _part(batch: int, wanted: int) -> int:
    """The largest divisor of a batch that isn't above what a thread computes well at once."""
    return max((d for d in range(2, min(batch, wanted) + 1) if batch % d == 0), default=batch)
