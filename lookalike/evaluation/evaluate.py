"""Every figure of a model's retrieval by a protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.evaluation.model_codes import Embeddings
from lookalike.evaluation.protocols import Coded
from lookalike.evaluation.searched import searched
from lookalike.indexes.kdtree import KDTreeIndex
from lookalike.indexes.scan import Scan
from lookalike.metrics import (
    Counts,
    average_precision,
    bit_balance,
    count_distances,
    mean_correlation,
    nmrr,
    precision_at,
    precision_within,
    rank_counts,
    recall_at,
    unique_codes,
)

__all__ = ["AT", "By", "Details", "Evaluation", "evaluate"]

Floats = npt.NDArray[np.float64]

By: TypeAlias = Literal["code", "embedding", "search"]

AT = (1, 10, 100, 1000, 5000)
"""Ranks at which precision, recall and mean average precision are cut off."""

_QUERIES = 2048  # counted at a time: bits + 1 numbers each, of several kinds
_PAIRS = 1 << 22  # of real features compared at a time, at 8 bytes and more
_RADIUS = 2
_WARM_UP = 64  # queries
_TREE_WIDTH = 64  # features; in more a k-d tree visits everything, and a product is faster


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What ``lookalike evaluate --json`` prints.

    Attributes:
        model: its name.
        bits: width of the codes; ``None`` for real features.
        by: what the database is ordered by: ``code``, ``embedding``, or both as in a ``search``.
        data: name of the data set.
        protocol: its name.
        queries: how many.
        database: how many pictures are searched in.
        map: mean average precision over all ranks, averaged over ties.
        map_at: the same over the first ranks only, divided by min(relevant, rank); under ``R`` with
            each query's own number of relevant pictures.
        precision_at: share of the first ranks that has the query's class, averaged over ties.
        recall_at: share of the query's class that is among the first ranks.
        class_precision: of each class of queries the precision at ``k``.
        unique_codes: different codes in the database, as a share of its codes.
        seconds: that finding the ``k`` nearest of all queries took, without compiling and building;
            in the order of a search with both, and with counting.
    """

    model: str
    bits: int | None
    by: By
    data: str
    protocol: str
    queries: int
    database: int
    map: float
    map_at: dict[str, float]
    precision_at: dict[str, float]
    recall_at: dict[str, float]
    class_precision: dict[str, float]
    unique_codes: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Details:
    """What else was measured.

    Attributes:
        k: the rank of ``class_precision`` and ``seconds``.
        anmrr: average normalised modified retrieval rank; 0 is the best.
        precision_within_2: precision within 2 bits; ``None`` for real features, as all below.
        balance: shares of codes in which each bit is set, float64 (bits,).
        correlation: mean size of the correlation between two bits.
        distances: pairs of a query and a code at each distance, int64 (2, bits + 1): those of the
            same class, and the others.
        class_names: as of the data set.
    """

    k: int
    anmrr: float
    class_names: tuple[str, ...]
    precision_within_2: float | None = None
    balance: Floats | None = None
    correlation: float | None = None
    distances: npt.NDArray[np.int64] | None = None


def evaluate(
    coded: Coded, k: int = 100, *, by: By = "code", threads: int | None = None
) -> tuple[Evaluation, Details]:
    """Measure how well the queries find pictures of their class.

    Args:
        coded: codes and labels.
        k: the rank of ``class_precision`` and ``seconds``; at most the size of the database counts.
        by: what orders the database: codes by their distance; real features by their cosine; or
            both as a library's search does: the nearest codes in the order of
            :func:`lookalike.ranking.short_list.in_order`, behind them all others by distance.
        threads: by default one for each processor.

    Raises:
        UsageError: ``k`` is less than 1, or there are no embeddings.
    """
    if k < 1:
        raise UsageError(f"k is at least 1, not {k}")
    size = len(coded.database)
    k = min(k, size)
    if by == "search":
        tally, started = _Tally(coded, k), time.perf_counter()
        for counts in searched(coded, k, threads):
            tally.add(counts)
        seconds = time.perf_counter() - started
        details = Details(k, tally.mean("nmrr"), coded.class_names)
        return tally.evaluation(by, unique_codes(coded.database), seconds), details
    if by == "embedding":
        queries, database = _normed(coded)
        tally = _Tally(coded, k)
        for counts in _cosines(coded, queries, database):
            tally.add(counts)
        seconds = _time_real(queries, database, k, threads)
        different = len(np.unique(database, axis=0)) / size
        details = Details(k, tally.mean("nmrr"), coded.class_names)
        return tally.evaluation(by, different, seconds), details
    tally = _Tally(coded, k)
    distances = np.zeros((2, coded.bits + 1), np.int64)
    for counts in _hamming(coded, threads):
        tally.add(counts)
        same = counts.relevant.sum(0, dtype=np.int64)
        distances += [same, counts.totals.sum(0, dtype=np.int64) - same]
    details = Details(
        k,
        tally.mean("nmrr"),
        coded.class_names,
        tally.mean("within"),
        bit_balance(coded.database, coded.bits),
        mean_correlation(coded.database, coded.bits),
        distances,
    )
    seconds = _time_codes(coded, k, threads)
    return tally.evaluation(by, unique_codes(coded.database), seconds), details


@dataclass(slots=True)
class _Tally:
    """Collects the figures of each query, block by block."""

    coded: Coded
    k: int
    figures: dict[str, list[Floats]] = field(default_factory=dict)

    def add(self, counts: Counts) -> None:
        """Measure a block of queries."""
        self._note("ap", average_precision(counts))
        self._note("ap at R", average_precision(counts, np.maximum(counts.relevant.sum(1), 1)))
        self._note("nmrr", nmrr(counts, self._largest()))
        self._note("within", precision_within(counts, _RADIUS))
        self._note("k", precision_at(counts, self.k))
        for at in self._ranks():
            self._note(f"ap at {at}", average_precision(counts, at))
            self._note(f"precision at {at}", precision_at(counts, at))
            self._note(f"recall at {at}", recall_at(counts, at))

    def mean(self, name: str) -> float:
        """Over all queries."""
        return float(np.concatenate(self.figures[name]).mean())

    def evaluation(self, by: By, different: float, seconds: float) -> Evaluation:
        """All of it."""
        coded, ranks = self.coded, self._ranks()
        at_k = np.concatenate(self.figures["k"])
        labels = coded.query_labels
        return Evaluation(
            model=coded.model,
            bits=None if by == "embedding" else coded.bits,
            by=by,
            data=coded.data,
            protocol=coded.split.protocol,
            queries=len(coded.queries),
            database=len(coded.database),
            map=self.mean("ap"),
            map_at={str(at): self.mean(f"ap at {at}") for at in [*ranks, "R"]},
            precision_at={str(at): self.mean(f"precision at {at}") for at in ranks},
            recall_at={str(at): self.mean(f"recall at {at}") for at in ranks},
            class_precision={
                name: float(at_k[labels == label].mean())
                for label, name in enumerate(coded.class_names)
                if (labels == label).any()
            },
            unique_codes=different,
            seconds=seconds,
        )

    def _note(self, name: str, values: Floats) -> None:
        self.figures.setdefault(name, []).append(values)

    def _ranks(self) -> list[int]:
        return [at for at in AT if at <= len(self.coded.database)]

    def _largest(self) -> int:
        """The largest number of relevant codes of any query."""
        sizes = np.bincount(self.coded.database_labels, minlength=len(self.coded.class_names))
        return int(sizes[np.unique(self.coded.query_labels)].max())


def _hamming(coded: Coded, threads: int | None) -> Iterator[Counts]:
    labels = coded.query_labels
    for first in range(0, len(coded.queries), _QUERIES):
        block = slice(first, first + _QUERIES)
        yield count_distances(
            coded.queries[block],
            coded.database,
            coded.bits,
            labels[block],
            coded.database_labels,
            threads=threads,
        )


def _cosines(
    coded: Coded, queries: npt.NDArray[np.float32], database: npt.NDArray[np.float32]
) -> Iterator[Counts]:
    labels, known = coded.query_labels, coded.database_labels
    step = max(1, _PAIRS // len(database))
    for first in range(0, len(queries), step):
        block = slice(first, first + step)
        yield rank_counts(-(queries[block] @ database.T), labels[block, None] == known)


def _normed(coded: Coded) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    if coded.embeddings is None:
        raise UsageError(f"{coded.model} has no embeddings, only codes: measure those")

    def normed(values: Embeddings) -> npt.NDArray[np.float32]:
        lengths = np.linalg.norm(values.astype(np.float32), axis=1, keepdims=True)
        unit: npt.NDArray[np.float32]
        unit = (values / np.where(lengths == 0, 1, lengths)).astype(np.float32)
        return unit

    queries, database = coded.embeddings
    unit = normed(database)
    return (unit if queries is database else normed(queries)), unit


def _time_codes(coded: Coded, k: int, threads: int | None) -> float:
    index = Scan(coded.database, coded.bits, threads=threads)
    index.search(coded.queries[:_WARM_UP], k)  # compiles
    start = time.perf_counter()
    index.search(coded.queries, k)
    return time.perf_counter() - start


def _time_real(
    queries: npt.NDArray[np.float32],
    database: npt.NDArray[np.float32],
    k: int,
    threads: int | None,
) -> float:
    """Of unit vectors the nearest have the largest cosine."""
    if database.shape[1] <= _TREE_WIDTH:
        tree = KDTreeIndex(database, threads=threads)
        start = time.perf_counter()
        tree.search(queries, k)
        return time.perf_counter() - start
    start = time.perf_counter()
    step = max(1, _PAIRS // len(database))
    for first in range(0, len(queries), step):
        np.argpartition(-(queries[first : first + step] @ database.T), k - 1, axis=1)
    return time.perf_counter() - start
