"""The search of the thesis by binary codes."""

from __future__ import annotations

import os
from typing import Any, Literal, Unpack, get_args

import numpy as np
import numpy.typing as npt

from lookalike.datasets import Dataset
from lookalike.errors import UsageError
from lookalike.evaluation.kept_codes import KeptCodes
from lookalike.indexes.minhash import MinHashForest
from lookalike.indexes.scan import Scan
from lookalike.thesis.search import Options, Search
from lookalike.types import Index

__all__ = ["LSHSearch"]

LSHIndex = Literal["scan", "forest"]


class LSHSearch(Search):
    """Search by binary codes.

    Args:
        dataset: as of :class:`KDTreeSearch`.
        index: ``scan`` compares with all codes and is exact; ``forest`` is MinHash LSH Forest,
            which the thesis used, and approximate. See docs/when-does-lsh-pay.md.
        model: name or ``.onnx`` file of a model; the shipped one if omitted.
        data_dir: as of :class:`KDTreeSearch`.
        download: likewise.
        progress: likewise.
        threads: likewise.

    Attributes:
        dataset: what was read.
        pictures: all of its pictures; ``image_idx`` counts them.
        model: name of the model.
        build_seconds: that building the index took.

    Raises:
        UsageError: no such data set, model or index.
        LookalikeError: the data set is missing or damaged.
        MissingExtraError: the forest is asked for, and datasketch isn't installed.
    """

    _shipped = 1

    def __init__(
        self,
        dataset: str | os.PathLike[str] | Dataset = "cifar10",
        *,
        index: LSHIndex = "scan",
        **options: Unpack[Options],
    ) -> None:
        if index not in get_args(LSHIndex):
            raise UsageError(f"there is no index {index!r}: use {' or '.join(get_args(LSHIndex))}")
        self._kind = index
        super().__init__(dataset, **options)

    def performance(self, k: int = 10) -> tuple[float, float]:
        """Query every picture, in a database that holds it.

        Returns:
            The share of the k nearest that have the query's class, averaged over all pictures; and
            the seconds that all searches took, without compiling and building.

        Raises:
            UsageError: the data set has no labels.
        """
        return self._measure(k)[1:]

    def _searchable(self, kept: KeptCodes) -> npt.NDArray[Any]:
        return np.ascontiguousarray(kept.codes)

    def _build(self, rows: npt.NDArray[Any], bits: int) -> Index:
        if self._kind == "forest":
            return MinHashForest(rows, bits)
        return Scan(rows, bits, threads=self._threads)
