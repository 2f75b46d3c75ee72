"""A k-d tree over real features: what the search over binary codes is compared with.

The tree is scikit-learn's (Bentley, "Multidimensional binary search trees used for associative
searching", 1975). It is exact, and in tens of dimensions it visits much of the data for it.
"""

from __future__ import annotations

import sys
from functools import partial
from numbers import Real
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from lookalike.arguments import check_whole
from lookalike.errors import MissingExtraError, UsageError
from lookalike.indexes.arguments import (
    MOST_NEIGHBOURS,
    check_allowed,
    check_ids,
    check_k,
    check_threads,
)
from lookalike.indexes.threads import run, shares
from lookalike.system.installing import install_command
from lookalike.system.processors import processors
from lookalike.types import Hits, RadiusHits

__all__ = ["KDTreeIndex"]

Allowed = npt.NDArray[np.bool_] | None
Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


class KDTreeIndex:
    """Exact k nearest and radius search over real features by Euclidean distance.

    Answers have the form of the other indexes', with distances as float32. The tree is searched in
    float64, so neighbours may differ in order that are equal as float32.

    Args:
        features: real numbers (n, d), n at least 1, finite.
        ids: int64 (n,), strictly increasing and not negative; the row numbers if omitted.
        leaf_size: rows below which the tree compares one by one.
        threads: used by one call; as many as there are processors if omitted.

    Raises:
        UsageError: an argument of another type, shape or range.
        MissingExtraError: scikit-learn isn't installed.
    """

    def __init__(
        self,
        features: npt.ArrayLike,
        ids: Ints | None = None,
        leaf_size: int = 40,
        threads: int | None = None,
    ) -> None:
        try:
            from sklearn.neighbors import KDTree
        except ImportError as error:
            raise MissingExtraError(
                f"the k-d tree takes scikit-learn: {install_command('sklearn')}"
            ) from error
        array = _real(features, "features")
        if not len(array):
            raise UsageError("a k-d tree needs at least 1 row of features, not 0")
        check_threads(threads)
        leaf_size = check_whole("leaf_size", leaf_size, 1, MOST_NEIGHBOURS)
        self._tree: Any = KDTree(array, leaf_size=leaf_size)
        self._ids = None if ids is None else check_ids(ids, len(array))
        self._n: int = array.shape[0]
        self._width: int = array.shape[1]
        self._threads = threads or processors()

    @property
    def width(self) -> int:
        """Number of features of a row."""
        return self._width

    def __len__(self) -> int:
        """Number of rows."""
        return self._n

    def search(self, queries: npt.ArrayLike, k: int, *, allowed: Allowed = None) -> Hits:
        """The k nearest rows of each query.

        Args:
            queries: real numbers (queries, d).
            k: neighbours wanted, at least 1.
            allowed: bool (n,): only rows where it is true are found. The tree knows nothing of
                it, and is asked for more neighbours until there are enough.

        Returns:
            Ordered by (distance, id), distances float32, padded with -1 where there are fewer.
            Which of several rows at the distance of the last one is found, the tree decides.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        k = check_k(k)
        points = self._points(queries)
        mask = check_allowed(allowed, self._n)
        ids = np.full((len(points), k), -1, np.int64)
        distances = np.full((len(points), k), -1, np.float32)
        if mask is None:
            far, rows = self._nearest(points, min(k, self._n))
            ids[:, : rows.shape[1]] = rows
            distances[:, : rows.shape[1]] = far
        else:
            self._fill_allowed(points, mask, ids, distances)
        order = np.lexsort((ids, np.where(ids < 0, np.inf, distances)))
        ids = np.take_along_axis(ids, order, 1)
        distances = np.take_along_axis(distances, order, 1)
        if self._ids is not None:
            ids = np.where(ids < 0, -1, self._ids[ids])
        return Hits(ids=ids, distances=cast("Any", distances), exact=True)

    def within(
        self, queries: npt.ArrayLike, radius: float, *, allowed: Allowed = None
    ) -> RadiusHits:
        """All rows within a radius of each query.

        Args:
            queries: real numbers (queries, d).
            radius: at least 0, in the unit of the features; a row at exactly this distance is
                found.
            allowed: bool (n,): only rows where it is true are found.

        Returns:
            Ordered by (distance, id) within each query, distances float32.

        Raises:
            UsageError: an argument of another type, shape or range.
        """
        given: object = radius
        real = isinstance(given, Real) and not isinstance(given, bool)
        bound = radius if isinstance(radius, int) or not real else float(radius)
        if not real or not 0 <= bound <= sys.float_info.max:
            raise UsageError(f"a radius is a number of at least 0, not {radius!r}")
        points = self._points(queries)
        mask = check_allowed(allowed, self._n)
        offsets = np.zeros(len(points) + 1, np.int64)
        rows_of = [np.empty(0, np.int64)]
        distances_of = [np.empty(0, np.float32)]
        if len(points):
            found = self._tree.query_radius(points, float(radius), return_distance=True)
            for number, (rows, far) in enumerate(zip(*found, strict=True)):
                if mask is not None:
                    rows, far = rows[mask[rows]], far[mask[rows]]
                far = far.astype(np.float32)
                order = np.lexsort((rows, far))
                offsets[number + 1] = offsets[number] + len(rows)
                rows_of.append(rows[order])
                distances_of.append(far[order])
        ids = np.concatenate(rows_of)
        return RadiusHits(
            offsets=offsets,
            ids=ids if self._ids is None else self._ids[ids],
            distances=cast("Any", np.concatenate(distances_of)),
            exact=True,
        )

    def _points(self, queries: npt.ArrayLike) -> Doubles:
        points = _real(queries, "queries")
        if points.shape[1] != self._width:
            raise UsageError(f"queries have the shape (queries, {self._width}), not {points.shape}")
        return points

    def _nearest(self, points: Doubles, k: int) -> tuple[Doubles, Ints]:
        if not len(points):
            return np.empty((0, k)), np.empty((0, k), np.int64)
        parts = run(
            [
                partial(self._tree.query, points[low:high], k)
                for low, high in shares(len(points), self._threads)
            ]
        )
        return np.concatenate([far for far, _ in parts]), np.concatenate([r for _, r in parts])

    def _fill_allowed(
        self,
        points: Doubles,
        mask: npt.NDArray[np.bool_],
        ids: Ints,
        distances: npt.NDArray[np.float32],
    ) -> None:
        k = ids.shape[1]
        wanted = min(k, int(mask.sum()))
        for number in range(len(points)):
            asked = min(2 * k, self._n)
            while True:
                far, rows = self._tree.query(points[number : number + 1], asked)
                kept = np.flatnonzero(mask[rows[0]])[:wanted]
                if len(kept) == wanted:
                    break
                asked = min(4 * asked, self._n)
            ids[number, :wanted] = rows[0, kept]
            distances[number, :wanted] = far[0, kept]


def _real(values: npt.ArrayLike, name: str) -> Doubles:
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise UsageError(f"{name} have the shape (n, features), not {values!r}") from error
    if array.ndim != 2 or array.shape[1] < 1:
        raise UsageError(f"{name} have the shape (n, features), not {array.shape}")
    if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise UsageError(f"{name} are real numbers, not {array.dtype}")
    doubles: Doubles = np.ascontiguousarray(array, dtype=np.float64)
    if not np.isfinite(doubles).all():
        raise UsageError(f"{name} must be finite, and hold nan or infinity")
    return doubles
