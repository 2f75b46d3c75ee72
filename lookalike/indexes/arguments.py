"""The checks of arguments that the indexes share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.arguments import check_whole
from lookalike.codes.bits import bytes_for, words_for
from lookalike.errors import UsageError

__all__ = [
    "MOST_NEIGHBOURS",
    "MOST_THREADS",
    "as_folder",
    "check_allowed",
    "check_budget",
    "check_codes",
    "check_ids",
    "check_k",
    "check_radius",
    "check_threads",
    "whole_numbers",
]


MOST_THREADS = 1024
MOST_NEIGHBOURS = 100_000_000
"""Of one query: there is a column for each of them, also where there are fewer codes."""


def as_folder(folder: Any) -> Path:
    """The path of an index.

    Raises:
        UsageError: no path, or an empty one.
    """
    path = folder.__fspath__() if isinstance(folder, os.PathLike) else folder
    if not isinstance(path, str) or not path or "\0" in path:
        raise UsageError(f"the folder of an index is a path (str or pathlib.Path), not {folder!r}")
    return Path(path)


def whole_numbers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Whole numbers, int64 (n,), of one or several.

    Raises:
        UsageError: other values, or more than one dimension.
    """
    try:
        array = np.atleast_1d(np.asarray(values))
    except ValueError as error:  # rows of different lengths
        raise UsageError(f"{name} are whole numbers, one row of them, not {values!r}") from error
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        told = f"{array.dtype} of shape {array.shape}"
        raise UsageError(f"{name} are whole numbers, one row of them, not {told}")
    return array.astype(np.int64)


def check_codes(codes: npt.NDArray[Any], bits: int) -> None:
    """Packed codes of so many bits, or their words.

    Raises:
        UsageError: another type, shape or width.
    """
    if not isinstance(codes, np.ndarray) or codes.dtype not in (np.uint8, np.uint64):
        found = codes.dtype if isinstance(codes, np.ndarray) else type(codes).__name__
        raise UsageError(f"codes must be packed uint8 or words of uint64, not {found}")
    columns = bytes_for(bits) if codes.dtype == np.uint8 else words_for(bits)
    if codes.ndim != 2 or codes.shape[1] != columns:
        raise UsageError(
            f"{codes.dtype} codes of {bits} bits have the shape (n, {columns}), not {codes.shape}"
        )


def check_threads(threads: int | None) -> int | None:
    """The threads of one call, or none for as many as there are processors.

    Raises:
        UsageError: no whole number from 1 to :data:`MOST_THREADS`.
    """
    if threads is None:
        return None
    return check_whole("threads", threads, 1, MOST_THREADS)


def check_k(k: int) -> int:
    """The number of neighbours wanted.

    Raises:
        UsageError: no whole number from 1 to :data:`MOST_NEIGHBOURS`.
    """
    return check_whole("k", k, 1, MOST_NEIGHBOURS)


def check_radius(radius: int) -> int:
    """A radius in bits.

    Raises:
        UsageError: not a whole number, or negative.
    """
    if isinstance(radius, bool) or not isinstance(radius, (int, np.integer)) or radius < 0:
        raise UsageError(f"a radius is a whole number of at least 0 bits, not {radius!r}")
    return int(radius)


def check_allowed(allowed: npt.NDArray[np.bool_] | None, n: int) -> npt.NDArray[np.bool_] | None:
    """A mask of n rows, or none.

    Raises:
        UsageError: another type or shape.
    """
    if allowed is None:
        return None
    if not isinstance(allowed, np.ndarray) or allowed.dtype != np.bool_:
        raise UsageError("allowed must be an array of bool, one for each row")
    if allowed.shape != (n,):
        raise UsageError(f"allowed has the shape ({n},), not {allowed.shape}")
    return allowed


def check_ids(ids: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """The ids of n rows.

    Raises:
        UsageError: another type or shape, a negative id, or ids that don't strictly increase.
    """
    try:
        ids = np.asarray(ids)
    except ValueError as error:  # rows of different lengths
        raise UsageError(f"ids are int64 of shape ({n},), not {ids!r}") from error
    if ids.dtype != np.int64 or ids.shape != (n,):
        raise UsageError(f"ids are int64 of shape ({n},), not {ids.dtype} {ids.shape}")
    if n and int(ids[0]) < 0:
        raise UsageError(f"ids must not be negative, unlike {int(ids[0])}: -1 means none")
    falling = np.flatnonzero(ids[1:] <= ids[:-1])
    if len(falling):
        place = int(falling[0]) + 1
        raise UsageError(
            f"ids must be strictly increasing, unlike {int(ids[place])} after "
            f"{int(ids[place - 1])} at row {place}; sort the rows by id"
        )
    return ids


def check_budget(budget: int | None) -> None:
    """Codes that a query may look at, or none for as many as it takes.

    Raises:
        UsageError: not a whole number, or below 1.
    """
    if budget is None:
        return
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)) or budget < 1:
        raise UsageError(f"a budget is a whole number of at least 1 code, not {budget!r}")
