"""``lookalike train``."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from lookalike.cli.options import PathType, data_options, json_option, verbose_option
from lookalike.cli.output import counted, note, print_json, show_path
from lookalike.cli.steps import step
from lookalike.cli.target import check_target
from lookalike.cli.train_config import config_for
from lookalike.cli.train_data import dataset_for, keep_record, taught_by, validated
from lookalike.cli.train_page import model_in, write_page
from lookalike.cli.train_report import compare, figures_of, report_lines
from lookalike.cli.train_unlabelled import train_unlabelled
from lookalike.cli.training_bar import training_bar
from lookalike.errors import MissingExtraError, UsageError
from lookalike.system.installing import install_command

__all__ = ["train"]

# Options that say nothing about the model that comes out.
_ELSEWHERE = ("data_dir", "download", "threads", "resume")

# Protocols by which other queries are measured than by the usual one.
_UNSEEN = ("unseen-classes", "incremental")


@click.command(short_help="Train a model on labelled pictures.")
@click.argument("data")
@click.option(
    "--out",
    required=True,
    metavar="MODEL",
    type=PathType(),
    help="The .onnx file to write, or a folder for all files of the training and a page.",
)
@click.option("--bits", type=click.IntRange(1, 4096), metavar="N", help="Width of the code; 48.")
@click.option(
    "--nested",
    metavar="N,N,...",
    help="Narrower widths, such as 16,32,64: the first bits of the code are codes of their own.",
)
@click.option(
    "--reals",
    type=click.IntRange(1, 4096),
    metavar="N",
    help="So many real features instead; the code is their signs.",
)
@click.option(
    "--network",
    metavar="NAME",
    help="resnet9 (the default for cifar10), thesis-cnn, lite0 (the default else), lite1, lite2, "
    "resnet50; or your own, as MODULE:CLASS.",
)
@click.option(
    "--loss",
    metavar="NAME",
    help="greedyhash (the default), thesis, softmax, csq, orthohash, hashnet; without labels "
    "bihalf, cibhash; or your own, as MODULE:CLASS.",
)
@click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option("--batch", type=click.IntRange(min=2), metavar="N", help="Pictures a step.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="X",
    help="Of the backbone, at its highest.",
)
@click.option(
    "--schedule",
    type=click.Choice(["one-cycle", "plateau"]),
    help="Rise and fall once, or halve when the validation loss stays.",
)
@click.option(
    "--validation",
    type=click.FloatRange(0, 0.9),
    metavar="SHARE",
    help="Training pictures to choose the best epoch by; 0.15 for a plateau.",
)
@click.option(
    "--finish",
    type=click.IntRange(min=0),
    metavar="STEPS",
    help="Train the last layers anew at the end, on the finished network's features; 2000 for bits "
    "on cifar10, else 0.",
)
@click.option(
    "--balanced",
    is_flag=True,
    help="Show equally many pictures of each class, however many there are of it.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of all draws; 0.")
@click.option(
    "--protocol", metavar="NAME", help="Learn from what this protocol of evaluate allows, only."
)
@click.option(
    "--size", type=click.IntRange(16, 1024), metavar="PX", help="Side of what the model takes."
)
@click.option(
    "--inside",
    type=click.IntRange(16, 1024),
    metavar="PX",
    help="Side that it is scaled to inside a pretrained network.",
)
@click.option(
    "--unlabelled",
    is_flag=True,
    help="Fit a photo model on the pictures, whatever folders they are in: its code keeps more of "
    "what the network sees in them than that of the model that is shipped.",
)
@click.option("--turns", is_flag=True, help="The pictures have no up: learn from all sides.")
@click.option(
    "--views",
    type=click.Choice(["1", "2", "8"]),
    help="Views of a picture whose features the model averages, at as many times its time: itself, "
    "and its mirror image (the default for cifar10), and both turned by quarters (for resisc45).",
)
@click.option(
    "--weights",
    metavar="FILE",
    help="What to start from: the .checkpoint of a training, whose network is trained further; for "
    "resnet50 also safetensors in timm's naming, or hub:timm/resnet50.a1_in1k, which fetches them "
    "(98 MiB).",
)
@click.option(
    "--start",
    metavar="CHECKPOINT",
    type=PathType(folder=False),
    help="Keep the backbone of this training, and learn the feature layer alone.",
)
@click.option(
    "--teacher",
    metavar="CHECKPOINT",
    type=PathType(folder=False),
    help="Learn from the pictures without labels of the protocol too: this training's network "
    "labels them.",
)
@click.option(
    "--trust",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="SHARE",
    help="Of each class, those that the teacher is most certain of; 0.8.",
)
@click.option(
    "--licence", default="", metavar="SPDX", help="Of the model, for its card, such as MIT."
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint beside MODEL.")
@data_options
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    show_default="as many as there are processors",
    help="Threads of everything; the model doesn't depend on it.",
)
@json_option
@verbose_option
def train(
    data: str, out: Path, resume: bool, threads: int | None, as_json: bool, **given: Any
) -> None:
    """Train a model that gives pictures of one class codes that are near each other.

    DATA is cifar10, resisc45, or the path of a folder of class folders. MODEL is what encode
    and evaluate take. Beside it come its card (.json), the curves (.csv, .png) and a checkpoint
    (.checkpoint), which --resume goes on from.
    """
    out, page = model_in(out)
    check_target(out, [".onnx"])
    if given["unlabelled"]:
        command = _command(data, out, given)
        train_unlabelled(
            data, out, given | {"resume": resume}, threads, as_json=as_json, command=command
        )
        return
    if given["trust"] is not None and given["teacher"] is None:
        raise UsageError("--trust is about what a --teacher says: name one")
    if given["bits"] is not None and given["reals"] is not None:
        raise UsageError("--bits and --reals exclude each other: a model has the one or the other")
    if given["nested"] is not None and given["reals"] is not None:
        raise UsageError("--nested is about bits: give --bits, or leave out --nested")
    if given["start"] is not None and given["weights"] is not None:
        raise UsageError(
            "--start and --weights exclude each other: the one keeps a network, the other trains it"
        )
    for name in ("learning_rate", "validation", "trust"):
        if given[name] is not None and math.isnan(given[name]):  # which is in every range
            raise UsageError(f"--{name.replace('_', '-')} is a number, not nan")
    for name in ("start", "teacher"):  # before any picture is read
        if given[name] is not None and not given[name].is_file():
            raise UsageError(f"--{name} {show_path(str(given[name]))}: there is no such file")
    try:
        from lookalike.training import loop
    except ImportError as error:
        raise MissingExtraError(f"training takes PyTorch: {install_command('train')}") from error
    from lookalike.cli.train_resuming import tell_resuming
    from lookalike.training.curves import plot_curves, write_curves
    from lookalike.training.examples import check_examples
    from lookalike.training.shipping import write_model
    from lookalike.training.subsets import examples

    dataset, unlabelled, subset = dataset_for(data, given)
    if given["teacher"] is not None:
        dataset, subset = taught_by(dataset, unlabelled, subset, given, threads)
    config = config_for(dataset, given)
    dataset = validated(dataset, config, given)
    with step("reading", len(dataset.train)) as read:
        learned = examples(dataset.train, dataset, config.side, told=subset, progress=read)
        held = None
        if dataset.validation is not None:
            held = examples(dataset.validation, dataset, config.side)
    check_examples(learned, held, config)
    checkpoint = out.with_suffix(".checkpoint")
    tell_resuming(checkpoint, config, resume=resume)
    record = keep_record(dataset, out, given, threads)
    if learned.classes:
        note(f"training on {learned.name}, {counted(len(learned.classes), 'class', 'classes')}")
    else:
        note(
            f"training on {learned.name}: there are no folders of classes in it, so {config.loss}"
            " learns without labels; for a photo model of your own pictures give --unlabelled"
        )
    try:
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
    except KeyboardInterrupt as error:
        if not checkpoint.is_file():
            raise
        raise KeyboardInterrupt(
            "stopped; the same command with --resume goes on after the last whole epoch"
        ) from error
    write_curves(trained.epochs, out.with_suffix(".csv"))
    plot_curves(trained.epochs, out.with_suffix(".png"))
    card = write_model(
        trained,
        config,
        learned.pictures,
        out,
        command=_command(data, out, given),
        licence=given["licence"],
        learned_from=record,
    )
    # Of a data set that everybody knows evaluate tells more; a folder is measured at once.
    measured = dataset.kind == "folder" and given["protocol"] not in _UNSEEN
    found = compare(dataset, learned, config, out, threads) if measured else {}
    if found:
        card = replace(card, figures={**card.figures, **figures_of(found["after"])})
        out.with_suffix(".json").write_text(card.to_json(), encoding="utf-8")
    if page is not None:
        write_page(page, card, found, out.with_suffix(".png"))
        note(f"written: {show_path(str(page))}")
    if as_json:
        retrieval = {when: figures_of(evaluation) for when, evaluation in found.items()}
        told = {"model": str(out.absolute()), "bits": card.bits, "retrieval": retrieval}
        print_json(told | {"figures": dict(card.figures)})
        return
    for line in report_lines(found):
        click.echo(line)
    click.echo(f"{card.name}, {card.bits} bits: {show_path(str(out.absolute()))}")


def _command(data: str, out: Path, given: dict[str, Any]) -> str:
    """What makes the same model again; without folders, which tell of a machine and its user."""
    words = ["lookalike", "train", Path(data).name]
    for name, value in given.items():
        if name in _ELSEWHERE or value is None or value is False or value == "":
            continue
        words.append(f"--{name.replace('_', '-')}")
        if name == "weights" and not value.startswith("hub:"):
            value = Path(value)
        if value is not True:
            words.append(value.name if isinstance(value, Path) else str(value))
    return shlex.join([*words, "--out", out.name])
