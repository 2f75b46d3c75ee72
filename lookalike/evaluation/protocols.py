"""The codes of a data set, divided as a protocol says.

The protocols themselves are described in :func:`lookalike.datasets.splits.split_for`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lookalike.datasets import Dataset, Subset
from lookalike.datasets.splits import PROTOCOLS, Split, split_for
from lookalike.datasets.subsets import Labels
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation.model_codes import CodeMaker, Embeddings, fit_maker
from lookalike.types import Codes

__all__ = ["PROTOCOLS", "Coded", "encode_split", "prepare_split"]


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Codes of queries and of a database, with what is known of their pictures.

    Attributes:
        model: name of what made the codes.
        bits: width of the codes.
        data: name of the data set.
        class_names: in the order of the labels.
        split: the pictures.
        queries: packed codes of ``split.queries``, uint8 (queries, ceil(bits / 8)).
        database: packed codes of ``split.database``, uint8 (n, ceil(bits / 8)).
        embeddings: real features of both; ``None`` where the model has none.
    """

    model: str
    bits: int
    data: str
    class_names: tuple[str, ...]
    split: Split
    queries: Codes
    database: Codes
    embeddings: tuple[Embeddings, Embeddings] | None = None

    @property
    def query_labels(self) -> Labels:
        """int64 (queries,)."""
        return _labels(self.split.queries)

    @property
    def database_labels(self) -> Labels:
        """int64 (n,)."""
        return _labels(self.split.database)


def prepare_split(dataset: Dataset, protocol: str, seed: int = 0) -> Split:
    """Divide a data set for measuring.

    Raises:
        UsageError: as of :func:`lookalike.datasets.splits.split_for`; or there are no queries, or
            nothing to search in.
        LookalikeError: a query is also in the database, where the protocol forbids it: it would
            find itself.
    """
    split = split_for(dataset, protocol, seed)
    if not len(split.queries) or not len(split.database):
        raise UsageError(
            f"{dataset.source} gives {len(split.queries):,} queries and a database of "
            f"{len(split.database):,} by {protocol}: it takes more pictures of each class"
        )
    if not split.queries_inside:
        known = set(split.database.digests())
        inside = [row for row, digest in enumerate(split.queries.digests()) if digest in known]
        if inside:
            raise LookalikeError(
                f"{len(inside):,} queries are also in the database, such as "
                f"{split.queries.names[inside[0]]}, and would find themselves: remove them from "
                "one of the two, or use the protocol thesis"
            )
    return split


def encode_split(
    maker: CodeMaker,
    dataset: Dataset,
    split: Split,
    progress: Callable[[int], object] | None = None,
) -> Coded:
    """Make the codes of a split, or take them out of a file.

    A model that has to be fitted is fitted on pictures of the database, never on queries; of a
    database that grows, on those that it begins with.

    Raises:
        LookalikeError: a picture can't be read, or the file has no code of it.
    """
    fit_maker(maker, split.training if split.added else split.database)
    database = maker.of(split.database, progress)
    queries = database
    if split.queries is not split.database:
        queries = maker.of(split.queries, progress)
    both = None
    if queries.embeddings is not None and database.embeddings is not None:
        both = (queries.embeddings, database.embeddings)
    return Coded(
        maker.name,
        maker.bits,
        dataset.name,
        dataset.class_names,
        split,
        queries.codes,
        database.codes,
        both,
    )


def _labels(subset: Subset) -> Labels:
    if subset.labels is None:
        raise UsageError("pictures without labels can't be measured")
    return np.ascontiguousarray(subset.labels)
