"""Whether a model has seen what it is measured by: pictures that it learned from, and near copies.

A protocol says what a model may learn from. Whatever else of the queries and of the database was
learned from makes figures better than they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lookalike.datasets import Dataset, Subset
from lookalike.datasets.prints import Prints, perceptual_codes
from lookalike.datasets.reading import pixel_digests
from lookalike.datasets.splits import Split
from lookalike.encoders import registry
from lookalike.encoders.learned_from import LearnedFrom
from lookalike.encoders.pdq_area import PDQArea
from lookalike.errors import LookalikeError
from lookalike.evaluation.kept_codes import read_codes
from lookalike.indexes.scan import Scan

__all__ = ["NEAR", "Leaks", "check_leaks", "find_leaks", "record_of"]

NEAR = PDQArea.limits.edited
"""Bits that the perceptual codes of a picture and of a near copy are apart, at most."""

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Leaks:
    """What of a split was learned from, beyond what its protocol allows.

    Attributes:
        queries: whether each query was learned from, bool (queries,).
        near: whether each other query is a near copy of a picture that was, bool (queries,).
        database: whether each picture of the database was, or is such a copy, and the protocol
            doesn't let a model learn from it; bool (n,).
        allowed: whether that is as it should be: the protocol counts seen pictures on purpose.
        published: whether near copies are part of the data set as everybody has it.
        complete: whether the record holds all that the model learned from.
    """

    queries: Rows
    near: Rows
    database: Rows
    allowed: bool = False
    published: bool = False
    complete: bool = True

    @property
    def unseen(self) -> Rows:
        """Queries that are neither learned from nor near copies, bool (queries,)."""
        return ~(self.queries | self.near)


def record_of(model: str) -> LearnedFrom | None:
    """The pictures that a model, or that of a file of codes, learned from; ``None`` if unknown.

    Raises:
        UsageError: no model has this name, or the file holds no codes.
        ModelError: the card is damaged, or its record is missing or damaged.
    """
    found = registry.learned_from(model)
    if found is None and model.lower().endswith(".npz"):
        return read_codes(Path(model)).learned_from
    return found


def find_leaks(
    record: LearnedFrom,
    dataset: Dataset,
    split: Split,
    *,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Leaks:
    """Look for what was learned from among queries and database.

    Queries are compared in all eight rotations and flips: trainings turn and mirror pictures.

    Args:
        record: of the model.
        dataset: that ``split`` is of.
        split: to be measured by.
        threads: of decoding.
        progress: called with a number of pictures that were looked at.

    Raises:
        LookalikeError: a picture can't be read.
    """
    asked = split.queries
    seen = record.has(pixel_digests(asked, workers=threads))
    prints = perceptual_codes(asked, turned=True, workers=threads, progress=progress)
    near = _near(record, prints) & ~seen
    database = np.zeros(len(split.database), np.bool_)
    allowed = set(split.training.digests())
    rows = np.array(
        [row for row, digest in enumerate(split.database.digests()) if digest not in allowed],
        np.int64,
    )
    if len(rows) and not split.queries_inside:
        database[rows] = _seen(record, split.database.take(rows), threads, progress)
    return Leaks(
        seen,
        near,
        database,
        allowed=split.queries_inside,
        published=dataset.kind == "cifar10",
        complete=record.complete,
    )


def check_leaks(leaks: Leaks, split: Split, model: str) -> None:
    """Refuse to measure a model by pictures that it learned from.

    Near copies that are part of a published data set are in everybody's figures, and are let pass.

    Raises:
        LookalikeError: there are some.
    """
    near = np.zeros_like(leaks.near) if leaks.published else leaks.near
    found = replace(leaks, near=near)
    if leaks.allowed or (found.unseen.all() and not leaks.database.any()):
        return
    told = []
    for rows, subset, what in (
        (leaks.queries, split.queries, "queries are pictures that {model} learned from"),
        (near, split.queries, "queries are near copies of such pictures"),
        (
            leaks.database,
            split.database,
            "pictures of the database, which this protocol keeps from training, are pictures that"
            " {model} learned from, or near copies of such",
        ),
    ):
        if rows.any():
            name = subset.names[int(np.flatnonzero(rows)[0])]
            words = what.format(model=model)
            told.append(f"{rows.sum():,} of {len(subset):,} {words}, such as {name}")
    # Without its queries there is another figure; without a part of its database there is none.
    both = ", which tells both figures" if not found.unseen.all() else ""
    raise LookalikeError(
        f"{'; '.join(told)}: its figures would be better than it is. Measure it by the protocol "
        f"and the --seed that it was trained by, or with --allow-seen{both}"
    )


def _seen(
    record: LearnedFrom,
    subset: Subset,
    threads: int | None,
    progress: Callable[[int], object] | None,
) -> Rows:
    """Which pictures were learned from, or are copies of such."""
    seen = record.has(pixel_digests(subset, workers=threads))
    prints = perceptual_codes(subset, workers=threads, progress=progress)
    return seen | _near(record, prints)


def _near(record: LearnedFrom, prints: Prints) -> Rows:
    """Which pictures have a code within :data:`NEAR` bits of one of the record."""
    near = np.zeros(len(prints.codes), np.bool_)
    rows = np.flatnonzero(prints.usable)
    if not len(rows) or not len(record.codes):
        return near
    turns = prints.codes.shape[1]
    hits = Scan(record.codes, PDQArea.bits).search(prints.codes[rows].reshape(-1, 32), 1)
    near[rows] = (hits.distances[:, 0].reshape(-1, turns) <= NEAR).any(1)
    return near
