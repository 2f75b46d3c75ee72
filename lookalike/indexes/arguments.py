"""The checks of arguments that the indexes share."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import bytes_for, words_for
from lookalike.errors import UsageError

__all__ = [
    "check_allowed",
    "check_budget",
    "check_codes",
    "check_ids",
    "check_k",
    "check_radius",
    "check_threads",
]


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
        UsageError: no whole number, or below 1.
    """
    whole = isinstance(threads, int | np.integer) and not isinstance(threads, bool)
    if threads is not None and (not whole or threads < 1):
        raise UsageError(f"a scan needs at least 1 thread, not {threads!r}")
    return threads


def check_k(k: int) -> int:
    """The number of neighbours wanted.

    Raises:
        UsageError: not a whole number, or below 1.
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise UsageError(f"k must be a whole number of at least 1, not {k!r}")
    return int(k)


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
