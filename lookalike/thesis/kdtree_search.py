"""The search of the thesis by real features."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.evaluation.kept_codes import KeptCodes
from lookalike.indexes.kdtree import KDTreeIndex
from lookalike.thesis.search import Search
from lookalike.types import Index

__all__ = ["KDTreeSearch"]


class KDTreeSearch(Search):
    """Search by real features in a k-d tree, as the thesis did for comparison.

    Args:
        dataset: ``cifar10`` or ``resisc45``, also by the thesis's names ``cifar`` and ``resisc``;
            with ``model`` any that :func:`lookalike.datasets.load` reads. Or one that it has read:
            then two searches share its pictures.
        model: name or ``.onnx`` file of a model with real features; the shipped one if omitted.
        data_dir: where data sets are looked for by name; ``$LOOKALIKE_DATA``, else ``data``.
        download: whether to fetch CIFAR-10 (163 MiB) where it is missing.
        progress: called with a number of pictures whose features were computed, if any have to be.
        threads: of all that is computed.

    Attributes:
        dataset: what was read.
        pictures: all of its pictures; ``image_idx`` counts them.
        model: name of the model.
        build_seconds: that building the index took.

    Raises:
        UsageError: no such data set or model, or a model without real features.
        LookalikeError: the data set is missing or damaged.
        MissingExtraError: scikit-learn isn't installed.

    Example:
        >>> search = KDTreeSearch(dataset="cifar10")
        >>> [hit.class_name for hit in search.query(image_idx=7, k=3, plot=False)]  # doctest: +SKIP
        ['horse', 'horse', 'horse']
    """

    _shipped = 0

    def performance(self, k: int = 10) -> tuple[dict[str, float], float, float]:
        """Query every picture, in a database that holds it.

        Returns:
            Of each class the share of the k nearest that have it, averaged over its pictures; the
            same over all pictures; and the seconds that all searches took, without building.

        Raises:
            UsageError: the data set has no labels.
        """
        return self._measure(k)

    def _searchable(self, kept: KeptCodes) -> npt.NDArray[Any]:
        if kept.embeddings is None:
            raise UsageError(
                f"{self.model} has no real features for a k-d tree: train one with --reals, or use "
                "LSHSearch"
            )
        return np.asarray(kept.embeddings, np.float32)

    def _build(self, rows: npt.NDArray[Any], bits: int) -> Index:
        return cast("Index", KDTreeIndex(rows, threads=self._threads))
