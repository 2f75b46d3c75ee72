"""Every figure of a model's retrieval by a protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.evaluation.figures import By, Details, Evaluation, Seen, Stage
from lookalike.evaluation.incremental import stages
from lookalike.evaluation.leaks import Leaks
from lookalike.evaluation.model_codes import Embeddings
from lookalike.evaluation.protocols import Coded
from lookalike.evaluation.searched import searched
from lookalike.evaluation.tally import Tally
from lookalike.indexes.kdtree import KDTreeIndex
from lookalike.indexes.scan import Scan
from lookalike.metrics import (
    Counts,
    average_precision,
    bit_balance,
    collisions,
    count_distances,
    mean_correlation,
    rank_counts,
    unique_codes,
)

__all__ = ["evaluate"]

Floats = npt.NDArray[np.float64]

_QUERIES = 2048  # counted at a time: bits + 1 numbers each, of several kinds
_PAIRS = 1 << 22  # of real features compared at a time, at 8 bytes and more
_WARM_UP = 64  # queries
_TREE_WIDTH = 64  # features; in more a k-d tree visits everything, and a product is faster


def evaluate(
    coded: Coded,
    k: int = 100,
    *,
    by: By = "code",
    leaks: Leaks | None = None,
    threads: int | None = None,
) -> tuple[Evaluation, Details]:
    """Measure how well the queries find pictures of their class.

    Args:
        coded: codes and labels.
        k: the rank of ``class_precision`` and ``seconds``; at most the size of the database counts.
        by: what orders the database: codes by their distance; real features by their cosine; or
            both as a library's search does: the nearest codes in the order of
            :func:`lookalike.ranking.short_list.in_order`, behind them all others by distance.
        leaks: what the model had seen, where that is known.
        threads: by default one for each processor.

    Raises:
        UsageError: ``k`` is less than 1, or there are no embeddings.
    """
    if k < 1:
        raise UsageError(f"k is at least 1, not {k}")
    size = len(coded.database)
    k = min(k, size)
    tally = Tally(coded, k)
    grown: tuple[Stage, ...] = ()
    if coded.split.added:
        grown = stages(coded, lambda now: _precision(now, k, by, threads))
    if by == "search":
        started = time.perf_counter()
        for counts in _counted(coded, k, by, threads):
            tally.add(counts)
        seconds = time.perf_counter() - started
        return _evaluation(tally, by, leaks, seconds, grown), _details(tally)
    if by == "embedding":
        for counts in _counted(coded, k, by, threads):
            tally.add(counts)
        queries, database = _normed(coded)
        seconds = _time_real(queries, database, k, threads)
        different = len(np.unique(database, axis=0)) / size
        return _evaluation(tally, by, leaks, seconds, grown, different), _details(tally)
    distances = np.zeros((2, coded.bits + 1), np.int64)
    for counts in _counted(coded, k, by, threads):
        tally.add(counts, binary=True)
        same = counts.relevant.sum(0, dtype=np.int64)
        distances += [same, counts.totals.sum(0, dtype=np.int64) - same]
    seconds = _time_codes(coded, k, threads)
    return _evaluation(tally, by, leaks, seconds, grown), _details(tally, distances)


def _counted(coded: Coded, k: int, by: By, threads: int | None) -> Iterator[Counts]:
    """Relevant and other pictures in the order of the database, for blocks of queries."""
    if by == "search":
        yield from searched(coded, k, threads)
    elif by == "embedding":
        yield from _cosines(coded, *_normed(coded))
    else:
        yield from _hamming(coded, threads)


def _precision(coded: Coded, k: int, by: By, threads: int | None) -> Floats:
    """The average precision of each query, float64 (queries,)."""
    size = min(k, len(coded.database))
    return np.concatenate([average_precision(c) for c in _counted(coded, size, by, threads)])


def _evaluation(
    tally: Tally,
    by: By,
    leaks: Leaks | None,
    seconds: float,
    grown: tuple[Stage, ...],
    different: float | None = None,
) -> Evaluation:
    """All that was measured; ``different`` is of real features, where these are measured."""
    coded, ranks = tally.coded, tally.ranks
    real = different is not None
    return Evaluation(
        model=coded.model,
        bits=None if real else coded.bits,
        by=by,
        data=coded.data,
        protocol=coded.split.protocol,
        queries=len(coded.queries),
        database=len(coded.database),
        map=tally.mean("ap"),
        map_at=tally.means("ap at", ranks) | {"R": tally.mean("ap at R")},
        precision_at=tally.means("precision at", ranks),
        recall_at=tally.means("recall at", ranks),
        class_precision=tally.by_class("k"),
        class_map=tally.by_class("ap"),
        precision_within=tally.means("within", tally.radii),
        found_within=tally.means("found within", tally.radii),
        map_bounds=(tally.mean("worst"), tally.mean("best")),
        tied_at=tally.means("tied at", ranks),
        unique_codes=unique_codes(coded.database) if different is None else different,
        collisions=None if real else collisions(coded.database, coded.database_labels),
        seen=None if leaks is None else _seen(tally, leaks),
        seconds=seconds,
        stages=grown,
    )


def _seen(tally: Tally, leaks: Leaks) -> Seen:
    rows = leaks.unseen
    return Seen(
        int(leaks.queries.sum()),
        int(leaks.near.sum()),
        int(leaks.database.sum()),
        tally.mean("ap", rows) if rows.any() else None,
    )


def _details(tally: Tally, distances: npt.NDArray[np.int64] | None = None) -> Details:
    """What else was measured; of codes, their distances too."""
    coded = tally.coded
    told = Details(tally.k, tally.mean("nmrr"), coded.class_names)
    if distances is None:
        return told
    return replace(
        told,
        balance=bit_balance(coded.database, coded.bits),
        correlation=mean_correlation(coded.database, coded.bits),
        distances=distances,
    )


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
