"""How many codes lie at each distance of each query, and how many of them are relevant.

With Hamming distances ties are the rule: 50,000 codes share 49 distances of 48 bits. All that a
metric that averages over ties needs are these two counts, bits + 1 numbers for a query. They are
counted by compiled loops over the codes; no distance is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes import bits as packed
from lookalike.errors import UsageError
from lookalike.indexes.arguments import check_threads
from lookalike.indexes.threads import run, shares
from lookalike.metrics.kernels import count, neighbours
from lookalike.system.processors import processors
from lookalike.types import Codes

__all__ = ["Counts", "count_distances", "count_neighbours", "rank_counts"]

Ints = npt.NDArray[np.int64]


_MOST_CLASSES = 10_000  # a share for each two of them


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Of each query the database in groups of equal distance, nearest first.

    Attributes:
        totals: int32 (queries, groups): codes in each group; of binary codes group d holds the
            codes at distance d.
        relevant: int32 (queries, groups): those among them that should be found.
    """

    totals: npt.NDArray[np.int32]
    relevant: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        for given in (self.totals, self.relevant):
            if not isinstance(given, np.ndarray) or given.dtype.kind not in "iu":
                raise UsageError(f"counts are arrays of whole numbers, not {given!r}")
        if self.totals.ndim != 2 or self.totals.shape != self.relevant.shape:
            raise UsageError(
                "counts are (queries, groups) of both kinds, not "
                f"{self.totals.shape} and {self.relevant.shape}"
            )
        if (self.relevant < 0).any() or (self.relevant > self.totals).any():
            raise UsageError("a group holds at least 0 relevant codes, and at most all its codes")

    def __len__(self) -> int:
        """Number of queries."""
        return len(self.totals)

    @property
    def database(self) -> int:
        """Codes that a query is compared with: the least number, where they differ."""
        return int(self.totals.sum(1).min()) if len(self.totals) else 0


def count_distances(
    queries: Codes,
    database: Codes,
    bits: int,
    query_labels: Ints,
    database_labels: Ints,
    *,
    own_rows: Ints | None = None,
    threads: int | None = None,
) -> Counts:
    """Count the codes at each distance of each query; relevant is what has its label.

    The order of the database changes nothing. It takes about as long as the comparisons do: some
    seconds for 10,000 queries in 50,000 codes of 48 bits, and 8 * (bits + 1) bytes a query.

    Args:
        queries: packed, uint8 (queries, ceil(bits / 8)).
        database: packed, uint8 (n, ceil(bits / 8)).
        bits: width of the codes.
        query_labels: int64 (queries,).
        database_labels: int64 (n,).
        own_rows: int64 (queries,): the row at which the query itself lies in the database, which
            is left out of its counts; -1 where it doesn't.
        threads: that count; by default one for each processor.

    Raises:
        UsageError: arrays of other types, shapes or lengths.
    """
    sides = _Sides.of(queries, database, bits, query_labels, database_labels)
    totals = np.zeros((len(queries), bits + 1), np.int32)
    relevant = np.zeros_like(totals)

    def job(first: int, last: int) -> None:
        count(
            sides.queries[first:last],
            sides.classes[first:last],
            sides.database,
            sides.starts,
            totals[first:last],
            relevant[first:last],
        )

    _run(job, len(queries), threads)
    if own_rows is not None:
        _leave_out(totals, relevant, queries, database, query_labels, database_labels, own_rows)
    return Counts(totals, relevant)


def count_neighbours(
    queries: Codes,
    database: Codes,
    bits: int,
    query_labels: Ints,
    database_labels: Ints,
    k: int,
    classes: int,
    *,
    threads: int | None = None,
) -> npt.NDArray[np.float64]:
    """Of which classes the k nearest of the queries of each class are, averaged over ties.

    Args:
        queries: packed, uint8 (queries, ceil(bits / 8)).
        database: packed, uint8 (n, ceil(bits / 8)).
        bits: width of the codes.
        query_labels: int64 (queries,), from 0.
        database_labels: int64 (n,), from 0.
        k: neighbours, at least 1; at most as many as there are codes.
        classes: how many there are.
        threads: that count; by default one for each processor.

    Returns:
        float64 (classes, classes): in row a and column b the share of class b among the
        neighbours of the queries of class a. Rows sum to 1, or are 0 where a class has no query.

    Raises:
        UsageError: arrays of other types, shapes or lengths, or ``k`` out of range.
    """
    sides = _Sides.of(queries, database, bits, query_labels, database_labels)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= len(database):
        raise UsageError(f"k is between 1 and {len(database):,}, the codes there are, not {k!r}")
    whole = isinstance(classes, int | np.integer) and not isinstance(classes, bool)
    # The loops write where labels say: one beyond the classes would be beyond the array.
    needed = 1 + max(int(query_labels.max(initial=0)), int(database_labels.max(initial=0)))
    least = min(int(query_labels.min(initial=0)), int(database_labels.min(initial=0)))
    if not whole or not needed <= classes <= _MOST_CLASSES or least < 0:
        raise UsageError(
            f"labels are from 0, and classes is from {needed:,}, one more than the largest label,"
            f" to {_MOST_CLASSES:,}, not {classes!r}"
        )
    check_threads(threads)
    parts = [np.zeros((classes, len(sides.names))) for _ in range(threads or processors())]
    free = list(parts)

    def job(first: int, last: int) -> None:
        part = free.pop()
        neighbours(
            sides.queries[first:last],
            query_labels[first:last],
            sides.database,
            sides.starts,
            bits,
            k,
            part,
        )
        free.append(part)

    _run(job, len(queries), threads)
    found = np.zeros((classes, classes))
    found[:, sides.names] = np.sum(parts, axis=0)
    sums = found.sum(1, keepdims=True)
    return found / np.where(sums == 0, 1, sums)


def rank_counts(distances: npt.NDArray[Any], relevant: npt.NDArray[np.bool_]) -> Counts:
    """The same counts for distances of any kind, such as those of real features.

    Args:
        distances: (queries, n), smaller is nearer; equal values are ties.
        relevant: bool (queries, n): what should be found.

    Raises:
        UsageError: arrays of other types or shapes.

    Returns:
        Counts with as many groups as a query has different distances at most; groups behind a
        query's last are empty.
    """
    for given in (distances, relevant):
        if not isinstance(given, np.ndarray):
            raise UsageError(f"distances and relevance are arrays, not {given!r}")
    if relevant.dtype != np.bool_ or distances.dtype.kind not in "biuf":
        raise UsageError(
            f"distances are numbers and relevance is bool, not {distances.dtype} and"
            f" {relevant.dtype}"
        )
    if distances.ndim != 2 or distances.shape != relevant.shape:
        raise UsageError(
            f"distances and relevance are (queries, n), not {distances.shape} and {relevant.shape}"
        )
    order = np.argsort(distances, axis=1)
    ranked = np.take_along_axis(distances, order, 1)
    hits = np.take_along_axis(relevant, order, 1)
    groups = np.zeros(distances.shape, np.int64)
    np.cumsum(ranked[:, 1:] != ranked[:, :-1], axis=1, out=groups[:, 1:])
    width = int(groups.max(initial=-1)) + 1
    groups += width * np.arange(len(groups))[:, None]
    flat = groups.ravel()
    totals = np.bincount(flat, minlength=len(groups) * width).reshape(-1, width)
    found = np.bincount(flat[hits.ravel()], minlength=len(groups) * width).reshape(-1, width)
    return Counts(totals.astype(np.int32), found.astype(np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Both sides of a comparison, checked, the database sorted by class.

    Then the relevant codes of a query are one range, and the loops need no labels.
    """

    queries: packed.Words
    classes: Ints  # (queries,): index into `names`, -1 for a label that the database lacks
    database: packed.Words
    names: Ints  # the labels of the database, ascending
    starts: Ints  # (labels + 1,): where each label begins

    @classmethod
    def of(
        cls, queries: Codes, database: Codes, bits: int, query_labels: Ints, labels: Ints
    ) -> _Sides:
        for name, codes, given in (
            ("queries", queries, query_labels),
            ("database", database, labels),
        ):
            packed.check(codes, bits, name=name)
            if not isinstance(given, np.ndarray):
                raise UsageError(f"{name}: labels are an array of integers, not {given!r}")
            if given.shape != (len(codes),) or given.dtype.kind not in "iu":
                raise UsageError(
                    f"{name}: {len(codes):,} codes need as many integers as labels, not "
                    f"{given.dtype} {given.shape}"
                )
        order = np.argsort(labels, kind="stable")
        names, starts = np.unique(labels[order], return_index=True)
        places = np.searchsorted(names, query_labels)
        known = np.isin(query_labels, names)
        return cls(
            packed.to_words(queries),
            np.where(known, places, -1).astype(np.int64),
            packed.to_words(database[order]),
            names.astype(np.int64),
            np.append(starts, len(labels)).astype(np.int64),
        )


def _run(job: Callable[[int, int], None], queries: int, threads: int | None) -> None:
    check_threads(threads)
    parts = shares(queries, threads or processors())
    run([partial(job, first, last) for first, last in parts])


def _leave_out(
    totals: npt.NDArray[np.int32],
    relevant: npt.NDArray[np.int32],
    queries: Codes,
    database: Codes,
    query_labels: Ints,
    database_labels: Ints,
    own_rows: Ints,
) -> None:
    if not isinstance(own_rows, np.ndarray) or own_rows.dtype.kind not in "iu":
        raise UsageError(f"own_rows are an array of whole numbers, not {own_rows!r}")
    if own_rows.shape != (len(queries),) or (own_rows >= len(database)).any():
        raise UsageError(
            f"own_rows names a row of {len(database):,}, or -1, for each of {len(queries):,} "
            "queries"
        )
    asked = np.flatnonzero(own_rows >= 0)
    rows = own_rows[asked]
    distances = packed.hamming_pairs(queries[asked], database[rows])
    totals[asked, distances] -= 1
    relevant[asked, distances] -= query_labels[asked] == database_labels[rows]
