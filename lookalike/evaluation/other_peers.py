"""Contenders from usearch, datasketch and scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import unpack
from lookalike.errors import MissingExtraError
from lookalike.evaluation.code_sets import MORE_NOISE, NOISE, clustered_features
from lookalike.evaluation.contenders import Contender, Unavailable
from lookalike.system.installing import install_command
from lookalike.types import Codes

__all__ = ["OTHER_PEERS", "KDTree"]

Ints = npt.NDArray[np.int64]

_CHECKED = 100  # queries of the k-d tree that are compared with all rows
_WIDTH = 32  # features, as the thesis had them


class Usearch(Contender):
    """The graph of usearch over bits."""

    name = "usearch"
    package = "usearch"
    knob = "expansion"
    settings = (16, 64, 256)
    usual = 64

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Add all codes."""
        usearch = _import_usearch()
        self._index = usearch.Index(
            ndim=8 * codes.shape[1],
            metric=usearch.MetricKind.Hamming,
            dtype=usearch.ScalarKind.B1,
        )
        self._index.add(np.arange(len(codes), dtype=np.uint64), codes, threads=self.threads)

    def search(self, queries: Codes, k: int) -> Ints:
        """``Index.search``."""
        return _usearch_rows(self._index.search(queries, k, threads=self.threads), len(queries), k)

    def turn(self, value: int) -> None:
        """Set expansion_search."""
        self._index.expansion_search = value

    def size(self) -> int:
        """As written to a file."""
        return int(self._index.serialized_length)


class UsearchExact(Contender):
    """usearch's exhaustive search."""

    name = "usearch-exact"
    package = "usearch"
    claims_exact = True

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Take the codes as they are."""
        self._usearch = _import_usearch()
        self._codes = codes

    def search(self, queries: Codes, k: int) -> Ints:
        """``usearch.index.search``."""
        found = self._usearch.search(
            self._codes,
            queries,
            k,
            self._usearch.MetricKind.Hamming,
            exact=True,
            threads=self.threads,
            dtype=self._usearch.ScalarKind.B1,
        )
        return _usearch_rows(found, len(queries), k)

    def size(self) -> int:
        """The codes alone."""
        return self._codes.nbytes


class Datasketch(Contender):
    """The MinHash LSH Forest of the thesis, as it answers by itself; one thread is all it uses."""

    name = "datasketch"
    package = "datasketch"

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Plant the forest."""
        from lookalike.indexes.minhash import MinHashForest

        before = _resident()
        try:
            self._forest = MinHashForest(codes, bits)
        except MissingExtraError as error:
            raise Unavailable(str(error)) from error
        after = _resident()
        # What the process let go of meanwhile can outweigh it: then nobody knows.
        grown = 0 if before is None or after is None else after - before
        self._bytes = grown if grown > 0 else None

    def search(self, queries: Codes, k: int) -> Ints:
        """Signatures of the queries, and their prefixes looked up."""
        rows = np.full((len(queries), k), -1, np.int64)
        for query, found in enumerate(self._forest.unordered(queries, k)):
            rows[query, : len(found)] = found
        return rows

    def size(self) -> int | None:
        """By how much building made the process larger."""
        return self._bytes


class KDTree(Contender):
    """scikit-learn's k-d tree, over real features: other data, at the same size."""

    name = "sklearn-kdtree"
    package = "scikit-learn"
    spread = NOISE

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Make features, and the tree over them."""
        from lookalike.indexes.kdtree import KDTreeIndex

        self._features = clustered_features(len(codes), 10_000, _WIDTH, spread=self.spread)
        try:
            self._tree = KDTreeIndex(self._features.rows, threads=self.threads)
        except MissingExtraError as error:
            raise Unavailable(str(error)) from error

    @property
    def description(self) -> str:
        """What is searched."""
        return self._features.description

    def search(self, queries: Codes, k: int) -> Ints:
        """As many queries as are given, but by features."""
        return self._tree.search(self._features.queries[: len(queries)], k).ids

    def recall(self, found: Ints, k: int) -> float:
        """Of the first queries, by comparing all rows in float64."""
        right = 0
        checked = found[:_CHECKED]
        rows = self._features.rows.astype(np.float64)
        k = min(k, len(rows))
        for query, answer in zip(self._features.queries[: len(checked)], checked, strict=True):
            distances = np.square(rows - query).sum(1)
            limit = np.partition(distances, k - 1)[k - 1] * (1 + 1e-9)
            right += int((distances[np.unique(answer[answer >= 0])] <= limit).sum())
        return right / (k * len(checked))

    def size(self) -> int:
        """The features, and their float64 copy in the tree."""
        return self._features.rows.nbytes * 3


class KDTreeOverlapping(KDTree):
    """The same over clusters that overlap, which are harder for it."""

    name = "sklearn-kdtree-overlapping"
    spread = MORE_NOISE


class SklearnBrute(Contender):
    """scikit-learn's comparison of all rows, over one float32 a bit."""

    name = "sklearn-brute"
    package = "scikit-learn"
    claims_exact = True

    def build(self, codes: Codes, bits: int, *, radius: int | None = None) -> None:
        """Unpack the codes."""
        try:
            from sklearn.neighbors import NearestNeighbors
        except ImportError as error:
            raise Unavailable(
                f"scikit-learn isn't installed: {install_command('benchmark')}"
            ) from error
        self._bits = bits
        features = unpack(codes, bits).astype(np.float32)
        self._bytes = features.nbytes
        self._neighbors: Any = NearestNeighbors(
            algorithm="brute", metric="hamming", n_jobs=self.threads
        ).fit(features)

    def search(self, queries: Codes, k: int) -> Ints:
        """``kneighbors``, unpacking the queries included."""
        features = unpack(queries, self._bits).astype(np.float32)
        found: Ints = self._neighbors.kneighbors(features, k, return_distance=False)
        return found

    def size(self) -> int:
        """The features."""
        return self._bytes


def _import_usearch() -> Any:
    try:
        import usearch.index
    except ImportError as error:
        raise Unavailable(f"usearch isn't installed: {install_command('benchmark')}") from error
    return usearch.index


def _usearch_rows(found: Any, queries: int, k: int) -> Ints:
    keys = np.asarray(found.keys).reshape(queries, -1).astype(np.int64)
    counts = np.asarray(getattr(found, "counts", np.full(queries, keys.shape[1]))).reshape(-1, 1)
    rows = np.full((queries, k), -1, np.int64)
    rows[:, : keys.shape[1]] = np.where(np.arange(keys.shape[1]) < counts, keys, -1)
    return rows


def _resident() -> int | None:
    try:
        import psutil
    except ImportError:
        return None
    return int(psutil.Process().memory_info().rss)


OTHER_PEERS: tuple[type[Contender], ...] = (
    Usearch,
    UsearchExact,
    Datasketch,
    KDTree,
    KDTreeOverlapping,
    SklearnBrute,
)
"""In the order of reports."""
