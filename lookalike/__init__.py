"""Reverse image search for your own pictures."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lookalike.estimators import HammingNeighbors as HammingNeighbors
    from lookalike.estimators import HashingTransformer as HashingTransformer
    from lookalike.library import Library as Library

__version__ = "0.1.0"

__all__ = ["HammingNeighbors", "HashingTransformer", "Library", "__version__"]

# Names are resolved at first use: importing the package alone pulls in neither NumPy nor Numba.
_HOMES = {
    "HammingNeighbors": "lookalike.estimators",
    "HashingTransformer": "lookalike.estimators",
    "Library": "lookalike.library",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
