"""Reverse image search for your own pictures."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from lookalike.errors import (
    ActionError,
    Cause,
    EncoderMismatchError,
    LibraryAwayError,
    LibraryClosedError,
    LibraryDamagedError,
    LibraryError,
    LibraryFullError,
    LibraryLockedError,
    LibraryNotFoundError,
    LibraryReadOnlyError,
    LibraryUnmergedError,
    LibraryVersionError,
    LookalikeError,
    MissingExtraError,
    ModelError,
    NoTextError,
    PictureError,
    PictureFailed,
    PictureSkipped,
    ServerError,
    UsageError,
)

if TYPE_CHECKING:
    from lookalike import actions as actions
    from lookalike import client as client
    from lookalike import datasets as datasets
    from lookalike import encoders as encoders
    from lookalike import errors as errors
    from lookalike import estimators as estimators
    from lookalike import indexes as indexes
    from lookalike import library as library
    from lookalike import metrics as metrics
    from lookalike import thesis as thesis
    from lookalike import types as types
    from lookalike.estimators import HammingNeighbors as HammingNeighbors
    from lookalike.estimators import HashingTransformer as HashingTransformer
    from lookalike.indexes import HammingIndex as HammingIndex
    from lookalike.library import IndexReport as IndexReport
    from lookalike.library import Library as Library
    from lookalike.library import Overlap as Overlap
    from lookalike.library import SearchResult as SearchResult
    from lookalike.library.overlap import overlap as overlap
    from lookalike.matching.compare import Comparison as Comparison
    from lookalike.matching.compare import compare as compare
    from lookalike.road import encode as encode
    from lookalike.types import Match as Match

__version__ = "0.1.0"

# ONNX Runtime reports its use over the network, and keeps an id of the device in the home folder,
# from its import on: its own call to stop that comes too late. 0 in the variable lets it report.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = [
    "ActionError",
    "Cause",
    "Comparison",
    "EncoderMismatchError",
    "HammingIndex",
    "HammingNeighbors",
    "HashingTransformer",
    "IndexReport",
    "Library",
    "LibraryAwayError",
    "LibraryClosedError",
    "LibraryDamagedError",
    "LibraryError",
    "LibraryFullError",
    "LibraryLockedError",
    "LibraryNotFoundError",
    "LibraryReadOnlyError",
    "LibraryUnmergedError",
    "LibraryVersionError",
    "LookalikeError",
    "Match",
    "MissingExtraError",
    "ModelError",
    "NoTextError",
    "Overlap",
    "PictureError",
    "PictureFailed",
    "PictureSkipped",
    "SearchResult",
    "ServerError",
    "UsageError",
    "__version__",
    "compare",
    "encode",
    "overlap",
]

# Names are resolved at first use: importing the package alone pulls in neither NumPy nor Numba.
_HOMES = {
    "Comparison": "lookalike.matching.compare",
    "HammingIndex": "lookalike.indexes",
    "HammingNeighbors": "lookalike.estimators",
    "HashingTransformer": "lookalike.estimators",
    "IndexReport": "lookalike.library",
    "Library": "lookalike.library",
    "Match": "lookalike.types",
    "Overlap": "lookalike.library",
    "SearchResult": "lookalike.library",
    "compare": "lookalike.matching.compare",
    "encode": "lookalike.road",
    "overlap": "lookalike.library.overlap",
}

# Public modules: they too are there after `import lookalike`.
_MODULES = frozenset(
    {
        "actions",
        "client",
        "datasets",
        "encoders",
        "estimators",
        "indexes",
        "library",
        "metrics",
        "thesis",
        "types",
    }
)


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found  # from now on it is a plain attribute
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
