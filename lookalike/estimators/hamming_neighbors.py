"""Nearest neighbours over binary codes, as an estimator of scikit-learn's kind."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
from joblib import effective_n_jobs
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from lookalike.codes import bits as packed_codes
from lookalike.codes.bits import MAX_BITS
from lookalike.errors import UsageError
from lookalike.estimators.checking import (
    check_count,
    check_radius,
    check_switch,
    packed_rows,
    refusals,
)
from lookalike.indexes.scan import Scan
from lookalike.types import Codes, Hits

__all__ = ["HammingNeighbors"]

Ints = npt.NDArray[np.int64]
Distances = npt.NDArray[np.int32]
Ragged = npt.NDArray[np.object_]


class HammingNeighbors(BaseEstimator):  # type: ignore[misc]
    """Exact nearest neighbours over binary codes by Hamming distance, as an estimator.

    The methods are those of scikit-learn's ``NearestNeighbors``; the search is
    :class:`~lookalike.indexes.scan.Scan`. Neighbours are ordered by (distance, row).

    Args:
        n_neighbors: neighbours that a query gets, unless it says otherwise.
        radius: in bits, for :meth:`radius_neighbors`, unless that says otherwise. A float of at
            most 1 is refused: scikit-learn's radius for Hamming distances is a share of the bits.
        packed: whether X holds packed codes, uint8 (n, bytes); else one feature a bit: 0/1, bool,
            or any real numbers, of which the positive ones count as 1.
        n_jobs: threads; ``None`` is 1 unless a joblib context says otherwise, -1 all processors.

    Attributes:
        n_features_in_: columns of X in :meth:`fit`: bytes if packed, else bits.
        n_samples_fit_: codes that are searched.

    Example:
        >>> X = np.array([[0b11110000], [0b00000001]], dtype=np.uint8)
        >>> HammingNeighbors(n_neighbors=1).fit(X).kneighbors(np.zeros((1, 1), np.uint8))
        (array([[1]], dtype=int32), array([[1]]))
    """

    def __init__(
        self,
        n_neighbors: int = 10,
        radius: float | None = None,
        packed: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.radius = radius
        self.packed = packed
        self.n_jobs = n_jobs

    def fit(self, X: npt.ArrayLike, y: object = None) -> HammingNeighbors:
        """Keep the codes of X.

        Args:
            X: packed codes (n, bytes) or features (n, bits), see ``packed``.
            y: ignored.

        Returns:
            The estimator itself.

        Raises:
            UsageError: X or a parameter of another type, shape or range.
        """
        return self._keep(packed_codes.to_words(self._checked(X, reset=True)))

    def partial_fit(self, X: npt.ArrayLike, y: object = None) -> HammingNeighbors:
        """Add the codes of X to those that are there; their rows come behind. The first call fits.

        All codes are copied once in a call: add many at a time.

        Args:
            X: as in :meth:`fit`, of the same width.
            y: ignored.

        Returns:
            The estimator itself.

        Raises:
            UsageError: as :meth:`fit`; then all is as before.
        """
        if not hasattr(self, "n_samples_fit_"):
            return self.fit(X, y)
        more = packed_codes.to_words(self._checked(X, reset=False))
        return self._keep(np.concatenate([self._words, more]))

    def _keep(self, words: packed_codes.Words) -> HammingNeighbors:
        self._words, self.n_samples_fit_ = words, len(words)
        self.__dict__.pop("_kept", None)
        return self

    def _checked(self, X: npt.ArrayLike, *, reset: bool) -> Codes:
        """The codes of X, once the parameters are right."""
        check_count("n_neighbors", self.n_neighbors)
        check_switch("packed", self.packed)
        codes = self._codes(X, reset=reset)
        self._bits = 8 * codes.shape[1] if self.packed else int(self.n_features_in_)
        if self.radius is not None:
            check_radius(self.radius, self._bits)
        return codes

    @overload
    def kneighbors(
        self,
        X: npt.ArrayLike | None = ...,
        n_neighbors: int | None = ...,
        return_distance: Literal[True] = ...,
    ) -> tuple[Distances, Ints]: ...

    @overload
    def kneighbors(
        self,
        X: npt.ArrayLike | None = ...,
        n_neighbors: int | None = ...,
        *,
        return_distance: Literal[False],
    ) -> Ints: ...

    def kneighbors(
        self,
        X: npt.ArrayLike | None = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> tuple[Distances, Ints] | Ints:
        """The nearest codes of each row of X.

        Args:
            X: as in :meth:`fit`; if omitted, the fitted codes, none of which is then its own
                neighbour.
            n_neighbors: how many; those of the constructor if omitted.
            return_distance: whether to return the distances as well.

        Returns:
            Distances in bits, int32 (queries, n_neighbors), and rows, int64 of the same shape; or
            the rows alone.

        Raises:
            UsageError: more neighbours than there are codes, or see :meth:`fit`.
            sklearn.exceptions.NotFittedError: nothing was fitted yet.
        """
        check_is_fitted(self)
        check_switch("return_distance", return_distance)
        k = self.n_neighbors if n_neighbors is None else n_neighbors
        check_count("n_neighbors", k)
        there = self.n_samples_fit_ - (X is None)
        if k > there:
            raise UsageError(
                f"Expected n_neighbors <= {there}, the fitted codes"
                f"{' without the query itself' if X is None else ''}; got {k}"
            )
        if X is None:
            hits = self._scan().search(self._fitted_codes(), k + 1)
            rows, distances = _without_self(hits)
        else:
            hits = self._scan().search(self._codes(X, reset=False), k)
            rows, distances = hits.ids, hits.distances
        return (distances, rows) if return_distance else rows

    @overload
    def radius_neighbors(
        self,
        X: npt.ArrayLike | None = ...,
        radius: float | None = ...,
        return_distance: Literal[True] = ...,
    ) -> tuple[Ragged, Ragged]: ...

    @overload
    def radius_neighbors(
        self,
        X: npt.ArrayLike | None = ...,
        radius: float | None = ...,
        *,
        return_distance: Literal[False],
    ) -> Ragged: ...

    def radius_neighbors(
        self,
        X: npt.ArrayLike | None = None,
        radius: float | None = None,
        return_distance: bool = True,
    ) -> tuple[Ragged, Ragged] | Ragged:
        """All codes within a radius of each row of X.

        Args:
            X: as in :meth:`kneighbors`.
            radius: in bits; a code at exactly this distance is found. That of the constructor if
                omitted.
            return_distance: whether to return the distances as well.

        Returns:
            Distances in bits and rows: arrays of objects (queries,), each element int32 and int64
            (found,), nearest first; or the rows alone.

        Raises:
            UsageError: no radius, one out of range, or see :meth:`fit`.
            sklearn.exceptions.NotFittedError: nothing was fitted yet.
        """
        check_is_fitted(self)
        check_switch("return_distance", return_distance)
        limit = self.radius if radius is None else radius
        if limit is None:
            raise UsageError("radius_neighbors needs a radius, here or in the constructor")
        queries = self._fitted_codes() if X is None else self._codes(X, reset=False)
        found = self._scan().within(queries, check_radius(limit, self._bits))
        rows, distances = np.empty((2, len(queries)), dtype=object)
        for query, (begin, end) in enumerate(pairwise(found.offsets)):
            ids, far = found.ids[begin:end], found.distances[begin:end]
            others = ids != query if X is None else slice(None)
            rows[query], distances[query] = ids[others], far[others]
        return (distances, rows) if return_distance else rows

    def kneighbors_graph(
        self,
        X: npt.ArrayLike | None = None,
        n_neighbors: int | None = None,
        mode: Literal["connectivity", "distance"] = "connectivity",
    ) -> Any:
        """The neighbours as a sparse matrix, a row for each query and a column for each code.

        Args:
            X: as in :meth:`kneighbors`.
            n_neighbors: likewise.
            mode: ``connectivity`` for ones, ``distance`` for distances in bits (where 0 is stored
                explicitly).

        Returns:
            scipy.sparse.csr_matrix, float64 (queries, codes that are searched).

        Raises:
            UsageError: another mode, or see :meth:`kneighbors`.
            sklearn.exceptions.NotFittedError: nothing was fitted yet.
        """
        if not isinstance(mode, str) or mode not in ("connectivity", "distance"):
            raise UsageError(f"mode is 'connectivity' or 'distance', not {mode!r}")
        distances, rows = self.kneighbors(X, n_neighbors)
        queries, k = rows.shape
        values = distances if mode == "distance" else np.ones_like(rows)
        return csr_matrix(
            (values.ravel().astype(np.float64), rows.ravel(), np.arange(0, queries * k + 1, k)),
            shape=(queries, self.n_samples_fit_),
        )

    def _codes(self, X: npt.ArrayLike, *, reset: bool) -> Codes:
        if self.packed:
            with refusals(TypeError):
                rows = validate_data(self, X, reset=reset, dtype=None, ensure_non_negative=True)
            return packed_rows(rows)
        with refusals():
            features = validate_data(self, X, reset=reset, dtype="numeric")
        if features.shape[1] > MAX_BITS:
            raise UsageError(f"a code has at most {MAX_BITS} bits, not {features.shape[1]}")
        return packed_codes.pack(features > 0)

    def _fitted_codes(self) -> Codes:
        return packed_codes.from_words(self._words, self._bits)

    def _scan(self) -> Scan:
        threads: int = effective_n_jobs(self.n_jobs)
        kept: tuple[int, Scan] | None = self.__dict__.get("_kept")
        if kept is None or kept[0] != threads:
            kept = self._kept = threads, Scan(self._words, self._bits, threads=threads)
        return kept[1]

    def __getstate__(self) -> dict[str, Any]:
        # A scan is made again where it is needed.
        return {key: value for key, value in super().__getstate__().items() if key != "_kept"}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Bytes of codes are no quantities; so the checks hand whole numbers to packed ones.
        tags.input_tags.categorical = bool(self.packed)
        tags.input_tags.positive_only = bool(self.packed)
        return tags


def _without_self(hits: Hits) -> tuple[Ints, Distances]:
    """Drop each query itself, or the last neighbour where more than k equal codes hide it."""
    own = hits.ids == np.arange(len(hits.ids))[:, None]
    own[~own.any(1), -1] = True
    shape = (len(own), own.shape[1] - 1)
    return hits.ids[~own].reshape(shape), hits.distances[~own].reshape(shape)
