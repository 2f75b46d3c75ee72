"""What a search should find, by a way of its own: faiss or NumPy, never lookalike's kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import hamming, hamming_pairs
from lookalike.errors import LookalikeError
from lookalike.evaluation.contenders import Unavailable
from lookalike.evaluation.faiss_peers import import_faiss
from lookalike.indexes.scan import Scan
from lookalike.types import Codes

__all__ = ["Answer", "Truth", "judge", "judge_radius", "nearest_truth", "radius_truth"]

Ints = npt.NDArray[np.int64]

_SMALL = 1 << 24  # comparisons that NumPy makes in a second or so


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What there is to find.

    Attributes:
        limits: int64 (queries,): the distance of the k-th nearest, or the radius.
        totals: int64 (queries,): how many are to be found.
        distances: int32 (queries, k) of the nearest; ``None`` for a radius.
        source: ``faiss`` or ``numpy``.
    """

    limits: Ints
    totals: Ints
    distances: npt.NDArray[np.int32] | None
    source: str

    def first(self, queries: int) -> Truth:
        """The same for the first so many queries."""
        distances = None if self.distances is None else self.distances[:queries]
        return Truth(self.limits[:queries], self.totals[:queries], distances, self.source)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, after checking.

    Attributes:
        recall: of what there is to find the share that was found. A neighbour counts where its
            recomputed distance is at most that of the true k-th: which of several at that
            distance is returned doesn't matter.
        exact: whether every query's distances are the true ones.
        rejected: rows that were returned twice, or that don't exist.
    """

    recall: float
    exact: bool
    rejected: int


def nearest_truth(codes: Codes, queries: Codes, bits: int, k: int, threads: int) -> Truth:
    """Distances of the k nearest; the scan must agree.

    Raises:
        LookalikeError: the scan disagrees, or there is no faiss for so many codes.
    """
    k = min(k, len(codes))
    if len(codes) * len(queries) <= _SMALL:
        distances = np.sort(hamming(queries, codes), axis=1)[:, :k]
        source = "numpy"
    else:
        distances = _faiss(threads).knn_hamming(queries, codes, k)[0]
        source = "faiss"
    own = Scan(codes, bits, threads=threads).search(queries, k).distances
    if not np.array_equal(distances, own):
        query = int(np.flatnonzero((distances != own).any(1))[0])
        raise LookalikeError(
            f"the scan's distances for query {query} are {own[query].tolist()}, and those of "
            f"{source} {distances[query].tolist()}"
        )
    return Truth(
        distances[:, -1].astype(np.int64),
        np.full(len(queries), k, np.int64),
        distances.astype(np.int32),
        source,
    )


def radius_truth(codes: Codes, queries: Codes, bits: int, radius: int, threads: int) -> Truth:
    """How many codes lie within a radius of each query; the scan must agree.

    Raises:
        LookalikeError: the scan disagrees, or there is no faiss for so many codes.
    """
    if len(codes) * len(queries) <= _SMALL:
        totals = (hamming(queries, codes) <= radius).sum(1).astype(np.int64)
        source = "numpy"
    else:
        flat = _faiss(threads).IndexBinaryFlat(8 * codes.shape[1])
        flat.add(codes)
        totals = np.diff(flat.range_search(queries, radius + 1)[0].astype(np.int64))
        source = "faiss"
    own = np.diff(Scan(codes, bits, threads=threads).within(queries, radius).offsets)
    if not np.array_equal(totals, own):
        query = int(np.flatnonzero(totals != own)[0])
        raise LookalikeError(
            f"the scan finds {own[query]} codes within {radius} bits of query {query}, and "
            f"{source} {totals[query]}"
        )
    return Truth(np.full(len(queries), radius, np.int64), totals, None, source)


def judge(truth: Truth, codes: Codes, queries: Codes, rows: Ints) -> Answer:
    """Check the rows that a search by k returned, (queries, k), -1 where there are fewer."""
    flat = rows.ravel().astype(np.int64)
    owners = np.repeat(np.arange(len(rows)), rows.shape[1])
    return _judged(truth, codes, queries, owners[flat != -1], flat[flat != -1])


def judge_radius(truth: Truth, codes: Codes, queries: Codes, offsets: Ints, rows: Ints) -> Answer:
    """Check what a search by radius returned: query q owns ``rows[offsets[q]:offsets[q + 1]]``."""
    owners = np.repeat(np.arange(len(queries)), np.diff(offsets))
    return _judged(truth, codes, queries, owners, rows.astype(np.int64))


def _judged(truth: Truth, codes: Codes, queries: Codes, owners: Ints, rows: Ints) -> Answer:
    real = (rows >= 0) & (rows < len(codes))
    pairs = np.unique(np.stack([owners[real], rows[real]]), axis=1)
    rejected = len(rows) - pairs.shape[1]
    distances = hamming_pairs(queries[pairs[0]], codes[pairs[1]])
    near = distances <= truth.limits[pairs[0]]
    found = np.bincount(pairs[0][near], minlength=len(queries))
    # At most all: of more than k at the k-th distance, k are asked for.
    found = np.minimum(found, truth.totals)
    total = int(truth.totals.sum())
    exact = rejected == 0 and bool((found == truth.totals).all()) and bool(near.all())
    if exact and truth.distances is not None:
        order = np.lexsort((distances, pairs[0]))
        exact = np.array_equal(distances[order], truth.distances.ravel())
    return Answer(1.0 if total == 0 else float(found.sum()) / total, exact, rejected)


def _faiss(threads: int) -> Any:
    try:
        return import_faiss(threads)
    except Unavailable as error:
        raise LookalikeError(
            f"so many codes are checked by faiss, and {error}; or ask for fewer codes or queries"
        ) from error
