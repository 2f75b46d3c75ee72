"""What ``lookalike train`` learns from: the pictures, and the record of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.cli.output import note
from lookalike.cli.progress import byte_bar
from lookalike.cli.steps import soon, step
from lookalike.errors import UsageError

if TYPE_CHECKING:
    from lookalike.datasets import Dataset, Subset
    from lookalike.training.config import Config

__all__ = ["dataset_for", "keep_record", "taught_by", "validated"]

_CHECKPOINT = ".checkpoint"
_VALIDATION = 0.15  # of the training pictures, where the schedule looks at them
_TRUST = 0.8  # of what a teacher labelled


def dataset_for(data: str, given: Mapping[str, Any]) -> tuple[Dataset, Subset | None, str]:
    """The data set with what may be learned from as its training subset.

    Also what may be learned from without labels, and the name of the training subset.
    """
    from lookalike.datasets import load
    from lookalike.datasets.splits import split_for

    seed, protocol = given["seed"], given["protocol"]
    with soon(f"opening {data}"), byte_bar("downloading") as fetched:
        dataset = load(
            data, given["data_dir"], seed=seed, download=given["download"], progress=fetched
        )
    if protocol is None:
        return dataset, None, "train"
    split = split_for(dataset, protocol, seed)
    if protocol == "thesis":
        raise UsageError("the protocol thesis searches in what is learned from: leave it out")
    return replace(dataset, train=split.training, validation=None), split.unlabelled, protocol


def taught_by(
    dataset: Dataset,
    unlabelled: Subset | None,
    subset: str,
    given: Mapping[str, Any],
    threads: int | None,
) -> tuple[Dataset, str]:
    """The data set with what a teacher labelled besides."""
    from lookalike.datasets import joined
    from lookalike.training.teacher import taught

    if unlabelled is None:
        raise UsageError(
            "a teacher labels the pictures that a protocol has without labels, which cifar10-5k "
            "does: give --protocol cifar10-5k"
        )
    trust = _TRUST if given["trust"] is None else given["trust"]
    with step("labelling", len(unlabelled)) as count:
        found = taught(
            given["teacher"],
            unlabelled,
            dataset.class_names,
            trust=trust,
            threads=threads,
            progress=count,
        )
    told = f"{subset}, {len(found):,} of them labelled by {given['teacher'].stem}"
    return replace(dataset, train=joined([dataset.train, found])), told


def validated(dataset: Dataset, config: Config, given: Mapping[str, Any]) -> Dataset:
    """The data set with validation pictures, if something looks at them."""
    from lookalike.datasets.splits import with_validation

    share = given["validation"]
    if share is None:
        looks = config.schedule == "plateau" or config.stop_after
        share = _VALIDATION if looks else 0.0
    return with_validation(dataset, given["seed"], share) if share else dataset


def keep_record(
    dataset: Dataset, out: Path, given: Mapping[str, Any], threads: int | None
) -> Mapping[str, Any]:
    """Write down beside a model which pictures it learns from, those of earlier trainings too.

    Returns:
        What its card says of the record.
    """
    from lookalike.datasets import joined
    from lookalike.datasets.prints import learned_from
    from lookalike.encoders.learned_from import LearnedFrom, record_path

    parts = [part for part in (dataset.train, dataset.validation) if part is not None]
    learned = joined(parts)
    with step("recording what is learned from", len(learned)) as count:
        record = learned_from(learned, workers=threads, progress=count)
    for name in ("start", "weights", "teacher"):
        before = given.get(name)
        if before is None or not str(before).endswith(_CHECKPOINT):
            continue
        file = record_path(Path(before))
        if not file.is_file():
            note(f"{file} is missing: nobody will know what the network of {before} learned from")
        record = record.joined(LearnedFrom.read(file) if file.is_file() else None)
    return record.write(record_path(out))
