"""Codes to neighbours."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lookalike.indexes.hamming import HammingIndex as HammingIndex
    from lookalike.indexes.hubs import NeighbourCounts as NeighbourCounts
    from lookalike.indexes.kdtree import KDTreeIndex as KDTreeIndex
    from lookalike.indexes.minhash import MinHashForest as MinHashForest
    from lookalike.indexes.pairs import PairsJoin as PairsJoin
    from lookalike.indexes.scan import Scan as Scan

__all__ = [
    "HammingIndex",
    "KDTreeIndex",
    "MinHashForest",
    "NeighbourCounts",
    "PairsJoin",
    "Scan",
]

# Resolved at first use: the forest and the tree take extras that not everybody has.
_HOMES = {
    "HammingIndex": "lookalike.indexes.hamming",
    "KDTreeIndex": "lookalike.indexes.kdtree",
    "MinHashForest": "lookalike.indexes.minhash",
    "NeighbourCounts": "lookalike.indexes.hubs",
    "PairsJoin": "lookalike.indexes.pairs",
    "Scan": "lookalike.indexes.scan",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
