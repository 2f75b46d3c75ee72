"""How good a ranking is: precision, recall, average precision, ANMRR; all averaged over ties.

Codes at the same distance have no order. Every figure here is the mean over all orders that they
could be in, in closed form after McSherry and Najork (2008), "Computing information retrieval
performance measures efficiently in the presence of tied scores". So neither the order of the
database nor a way of breaking ties changes a figure.

Each function gives one value for each query. A query for which nothing relevant is found counts 0
and is never left out; so does one for which there is nothing to find.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.metrics.counts import Counts

__all__ = [
    "Curve",
    "average_precision",
    "nmrr",
    "precision_at",
    "precision_recall_curve",
    "precision_within",
    "recall_at",
    "relevant_at",
]

_MOST = 1 << 40  # ranks

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Curve = tuple[Floats, Floats]


def average_precision(counts: Counts, at: int | Ints | None = None) -> Floats:
    """The mean of the precision at the ranks of the relevant codes.

    Args:
        counts: of each query.
        at: only the first so many ranks count: one number, or one for each query (each query's
            number of relevant codes gives what is called MAP@R); all ranks if omitted. It is
            divided by how many relevant codes these ranks could hold, min(relevant, ``at``):
            dividing by those that they do hold would reward finding few.

    Returns:
        float64 (queries,), 0 to 1.

    Raises:
        UsageError: ``at`` is less than 1.
    """
    totals, before, hits, hits_before = _cumulated(counts)
    limit = _limit(counts, at)
    # Ranks before + 1 to before + n are those of a group of n, of which r are relevant; the first
    # m of these ranks count. A rank j of the group is relevant with probability r / n, and then
    # (j - 1)(r - 1)/(n - 1) of the group's ranks above it are expected to be relevant too:
    #   sum over j <= m of r/n * (hits_before + 1 + (j - 1)(r - 1)/(n - 1)) / (before + j)
    first = np.clip(limit[:, None] - before, 0, totals)
    harmonic = _harmonic(int(totals.sum(1).max(initial=0)))
    inverse = harmonic[before + first] - harmonic[before]  # sum of 1 / (before + j)
    rising = first - (before + 1) * inverse  # sum of (j - 1) / (before + j)
    slope = (hits - 1) / np.maximum(totals - 1, 1)
    gained = hits / np.maximum(totals, 1) * ((hits_before + 1) * inverse + slope * rising)
    most = np.minimum(hits.sum(1), limit)
    found: Floats = gained.sum(1) / np.maximum(most, 1)
    return found


def relevant_at(counts: Counts, k: int) -> Floats:
    """How many of the first k are relevant.

    Raises:
        UsageError: ``k`` is less than 1.
    """
    _check_rank(k)
    totals, before, hits, _ = _cumulated(counts)
    first = np.clip(_limit(counts, k)[:, None] - before, 0, totals)
    found: Floats = (hits * (first / np.maximum(totals, 1))).sum(1)
    return found


def precision_at(counts: Counts, k: int) -> Floats:
    """The share of the first k that is relevant.

    Raises:
        UsageError: ``k`` is less than 1, or more than the codes that there are.
    """
    _check_counts(counts)
    _check_rank(k)
    if k > counts.database:
        raise UsageError(
            f"there is no precision at {k:,} in a database of {counts.database:,}: ask for less"
        )
    return relevant_at(counts, k) / k


def recall_at(counts: Counts, k: int) -> Floats:
    """The share of the relevant codes that is among the first k.

    Raises:
        UsageError: ``k`` is less than 1.
    """
    share: Floats = relevant_at(counts, k) / np.maximum(counts.relevant.sum(1), 1)
    return share


def precision_within(counts: Counts, radius: int) -> Floats:
    """The share of the codes within a radius that is relevant; 0 where there are none.

    Args:
        counts: of binary codes, by :func:`lookalike.metrics.counts.count_distances`.
        radius: in bits; 2 is usual, since so many codes can be looked up in a table.

    Raises:
        UsageError: a negative radius, or no counts.
    """
    _check_counts(counts)
    if isinstance(radius, bool) or not isinstance(radius, int | np.integer) or radius < 0:
        raise UsageError(f"a radius is a whole number of at least 0 bits, not {radius!r}")
    found = counts.totals[:, : radius + 1].sum(1)
    hits = counts.relevant[:, : radius + 1].sum(1)
    share: Floats = hits / np.maximum(found, 1)
    return share


def precision_recall_curve(counts: Counts) -> Curve:
    """Precision and recall of all pairs of a query and a code that are within each radius.

    Pairs of all queries are taken together, so that every radius with a pair has a precision.

    Returns:
        Precision and recall, float64 (points,) each, from the smallest radius with a pair to the
        largest; recall ascends.
    """
    _check_counts(counts)
    found = np.cumsum(counts.totals.sum(0, dtype=np.int64))
    hits = np.cumsum(counts.relevant.sum(0, dtype=np.int64))
    some = found > 0
    whole = max(1, int(hits[-1]) if len(hits) else 0)
    return hits[some] / found[some], hits[some] / whole


def nmrr(counts: Counts, largest: int | None = None) -> Floats:
    """The normalised modified retrieval rank; its mean over the queries is the ANMRR.

    0 is the best, where all relevant codes come first, and 1 the worst, where none is among the
    first K. For a query with NG relevant codes K is min(4 NG, 2 GTM), GTM being the largest NG of
    all queries; a rank beyond K counts as 1.25 K. Of MPEG-7 (Manjunath, Ohm, Vasudevan, Yamada,
    2001, "Color and texture descriptors", section II); it is usual for aerial pictures.

    Args:
        counts: of each query.
        largest: GTM, where ``counts`` are only some of the queries; theirs if omitted.

    Returns:
        float64 (queries,). A query for which there is nothing to find counts 1.
    """
    totals, before, hits, _ = _cumulated(counts)
    sought = hits.sum(1)
    if largest is not None:
        _check_rank(largest)
    most = int(sought.max(initial=0)) if largest is None else int(largest)
    bound = np.minimum(4 * sought, 2 * most)
    first = np.clip(bound[:, None] - before, 0, totals)
    penalty = 1.25 * bound[:, None]
    # Of a group's ranks, those up to K count as they are, the others alike.
    ranks = first * before + first * (first + 1) / 2 + (totals - first) * penalty
    summed = (hits / np.maximum(totals, 1) * ranks).sum(1)
    ideal = 0.5 * (1 + sought)
    average = summed / np.maximum(sought, 1)
    value = (average - ideal) / np.where(sought == 0, 1.0, 1.25 * bound - ideal)
    return np.where(sought == 0, 1.0, value)


def _cumulated(counts: Counts) -> tuple[Ints, Ints, Ints, Ints]:
    """Totals, totals before each group, relevant, relevant before each group; int64."""
    _check_counts(counts)
    totals, hits = counts.totals.astype(np.int64), counts.relevant.astype(np.int64)
    return totals, np.cumsum(totals, 1) - totals, hits, np.cumsum(hits, 1) - hits


def _check_counts(counts: object) -> None:
    if not isinstance(counts, Counts):
        raise UsageError(f"counts are what count_distances gives, not {counts!r}")


def _check_rank(k: object) -> None:
    whole = isinstance(k, int | np.integer) and not isinstance(k, bool)
    if not whole or not 1 <= k <= _MOST:  # type: ignore[operator]
        raise UsageError(f"a rank is a whole number from 1 to {_MOST:,}, not {k!r}")


def _limit(counts: Counts, at: int | Ints | None) -> Ints:
    """How many ranks count, for each query."""
    if at is None:
        whole: Ints = np.maximum(counts.totals.sum(1, dtype=np.int64), 1)
        return whole
    wrong = f"ranks are one whole number, or one a query, not {at!r}"
    given = np.asarray(at)
    if given.dtype.kind not in "iu":
        raise UsageError(wrong)
    try:
        limit = np.broadcast_to(given.astype(np.int64), (len(counts),))
    except ValueError as error:
        raise UsageError(wrong) from error
    if (limit < 1).any():
        raise UsageError(f"ranks count from 1, so at least 1 of them counts, not {limit.min()}")
    return limit


def _harmonic(n: int) -> Floats:
    """1 + 1/2 + ... + 1/i for i from 0 to n."""
    return np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, n + 1))])
