"""Retrieval before and after a training, for ``lookalike train``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.cli.output import note, table
from lookalike.cli.steps import step

if TYPE_CHECKING:
    from lookalike.datasets import Dataset, Subset
    from lookalike.evaluation.figures import Evaluation
    from lookalike.evaluation.model_codes import CodeMaker, PartCodes
    from lookalike.training.config import Config
    from lookalike.training.examples import Examples
    from lookalike.training.networks.hash_network import Encoding

__all__ = ["WHEN", "compare", "figures_of", "report_lines"]

WHEN = {
    "before": "before the training",
    "after": "after it",
    "shipped": "beside it, as shipped",
}

SHIPPED = "photo"


def compare(
    dataset: Dataset, learned: Examples, config: Config, out: Path, threads: int | None = None
) -> dict[str, Evaluation]:
    """Search with a data set's test pictures in its training pictures.

    Args:
        dataset: that was learned from.
        learned: its training pictures, as the network takes them.
        config: the settings.
        out: the model that came out.
        threads: of the models.

    Returns:
        What the network found ``before`` its training and ``after`` it, and what the model finds
        that is ``shipped``; nothing where the data set has no test pictures with labels.
    """
    from lookalike.datasets.splits import usual_protocol
    from lookalike.evaluation.evaluate import evaluate
    from lookalike.evaluation.model_codes import open_maker
    from lookalike.evaluation.protocols import encode_split, prepare_split
    from lookalike.training.untrained import untrained

    if dataset.train.labels is None or not len(dataset.test):
        note("no labelled test pictures: retrieval before and after is not compared")
        return {}
    split = prepare_split(dataset, usual_protocol(dataset))
    makers: dict[str, CodeMaker] = {
        "before": _Untrained(untrained(learned, config), config, out.stem),
        "after": open_maker(str(out), threads=threads),
        "shipped": open_maker(SHIPPED, threads=threads),
    }
    found = {}
    for when, maker in makers.items():
        total = len(split.queries) + len(split.database)
        with step(f"measuring, {when}", total) as count:
            coded = encode_split(maker, dataset, split, count)
        found[when] = evaluate(coded, 10, threads=threads)[0]
    return found


class _Untrained:
    """Codes of a network that wasn't trained yet."""

    def __init__(self, network: Encoding, config: Config, name: str) -> None:
        self._network, self._config = network, config
        self.name, self.bits = name, config.width

    def of(self, subset: Subset, progress: Callable[[int], object] | None = None) -> PartCodes:
        from lookalike.datasets import in_memory
        from lookalike.evaluation.model_codes import PartCodes
        from lookalike.training.untrained import encoded
        from lookalike.types import InputSpec

        spec = InputSpec(self._config.side, "crop", "bilinear")
        pictures = in_memory(subset, spec, progress=progress).pictures
        return PartCodes(encoded(self._network, np.asarray(pictures)), None)


def figures_of(evaluation: Evaluation) -> dict[str, object]:
    """What the card and the JSON keep of it."""
    return {
        "queries": evaluation.queries,
        "database": evaluation.database,
        "map": round(evaluation.map, 4),
        "precision_at": {at: round(value, 4) for at, value in evaluation.precision_at.items()},
    }


def report_lines(found: Mapping[str, Evaluation]) -> list[str]:
    """Lines that set the network before and after its training beside the model that is shipped."""
    if not found:
        return []
    first = found["before"]
    rows: list[tuple[str, ...]] = [("", "bits", "mAP", "precision at 1", "at 10")]
    for when, evaluation in found.items():
        at = evaluation.precision_at
        shares = [f"{at[k]:.3f}" if k in at else "" for k in ("1", "10")]
        name = f"{WHEN[when]}: {evaluation.model}"
        rows.append((name, str(evaluation.bits), f"{evaluation.map:.3f}", *shares))
    head = f"{first.queries:,} test pictures, searched for in {first.database:,} training pictures:"
    return [head, "", *table(rows, right=(1, 2, 3, 4)), ""]
