"""Retrieval before and after a training, for ``lookalike train``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lookalike.cli.output import note, table
from lookalike.cli.progress import counter

if TYPE_CHECKING:
    from lookalike.datasets import Dataset
    from lookalike.evaluation.evaluate import Evaluation

__all__ = ["compare", "figures_of", "report_lines"]

# Test pictures are the queries, training pictures the database.
_PROTOCOL = "resisc-80-20"


def compare(
    dataset: Dataset, models: Sequence[str], threads: int | None = None
) -> list[Evaluation]:
    """Search with a data set's test pictures in its training pictures, by each of some models.

    Returns:
        One for each model; none where the data set has no test pictures with labels.
    """
    if not models:
        return []
    from lookalike.evaluation.evaluate import evaluate
    from lookalike.evaluation.model_codes import open_maker
    from lookalike.evaluation.protocols import encode_split, prepare_split

    if dataset.train.labels is None or not len(dataset.test):
        note("no labelled test pictures: retrieval before and after is not compared")
        return []
    split = prepare_split(dataset, _PROTOCOL)
    found = []
    for model in models:
        with counter(f"encoding by {model}") as count:
            coded = encode_split(open_maker(model, threads=threads), dataset, split, count)
        found.append(evaluate(coded, 10, threads=threads)[0])
    return found


def figures_of(evaluation: Evaluation) -> dict[str, object]:
    """What the card and the JSON keep of it."""
    return {
        "queries": evaluation.queries,
        "database": evaluation.database,
        "map": round(evaluation.map, 4),
        "precision_at": {at: round(value, 4) for at, value in evaluation.precision_at.items()},
    }


def report_lines(found: Sequence[Evaluation]) -> list[str]:
    """Lines that set models side by side, the one before the training first."""
    if not found:
        return []
    first = found[0]
    rows: list[tuple[str, ...]] = [("", "bits", "mAP", "precision at 1", "at 10")]
    for when, evaluation in zip(("before", "after"), found, strict=False):
        at = evaluation.precision_at
        shares = [f"{at[k]:.3f}" if k in at else "" for k in ("1", "10")]
        name = f"{when}: {evaluation.model}"
        rows.append((name, str(evaluation.bits), f"{evaluation.map:.3f}", *shares))
    head = f"{first.queries:,} test pictures, searched for in {first.database:,} training pictures:"
    return [head, "", *table(rows, right=(1, 2, 3, 4)), ""]
