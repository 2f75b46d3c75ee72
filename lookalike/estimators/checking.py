"""What the estimators are set to and handed, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import MAX_BITS
from lookalike.errors import UsageError
from lookalike.types import Codes

__all__ = [
    "EXPECTED_FAILED_CHECKS",
    "check_count",
    "check_radius",
    "check_rows",
    "check_seed",
    "check_switch",
    "packed_rows",
    "refusals",
]

EXPECTED_FAILED_CHECKS: dict[str, str] = {
    "check_estimators_dtypes": "hands in real numbers, which are no bytes of codes",
    "check_dtype_object": "hands in real numbers as objects, which are no bytes of codes",
}
"""Checks of scikit-learn that ``HammingNeighbors(packed=True)`` fails, with the reasons, in the
form that ``check_estimator(..., expected_failed_checks=...)`` takes."""


def check_count(name: str, value: Any) -> None:
    """Refuse what is no whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise UsageError(f"{name} must be a whole number of at least 1, not {value!r}")


def check_rows(X: Any) -> None:
    """Refuse what scikit-learn would take for one odd number."""
    if isinstance(X, Mapping | PathLike) or type(X) is object:
        raise UsageError(f"X is an array of features, not {X!r}")


def check_switch(name: str, value: Any) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool | np.bool_):
        raise UsageError(f"{name} is True or False, not {value!r}")


def check_radius(value: Any, bits: int) -> int:
    """Whole bits: a distance is at most 7.5 exactly when it is at most 7.

    scikit-learn's own Hamming distance is a share of the bits, and its radius, too. What may be
    such a share is refused, since no code would be found by it.

    Args:
        value: what was given.
        bits: of a code.
    """
    real: bool = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not 0 <= value < np.inf:
        raise UsageError(f"a radius is a number of at least 0 bits, not {value!r}")
    if not isinstance(value, Integral) and 0 < value <= 1:
        raise UsageError(
            f"a radius is in bits, not a share of them: {value:g} of {bits} bits is "
            f"radius={int(value * bits)}"
        )
    return int(value)


def check_seed(value: Any) -> None:
    """Refuse what is neither a whole number of at least 0 nor none."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 0:
        raise UsageError(f"random_state is a whole number of at least 0, not {value!r}")


@contextmanager
def refusals(*more: type[Exception]) -> Iterator[None]:
    """Turn what scikit-learn says against X into a UsageError, which is a ValueError too.

    Args:
        more: other errors than ValueError that mean the same. Most TypeErrors must stay what they
            are, by scikit-learn's own checks of estimators.
    """
    refused: tuple[type[Exception], ...] = (ValueError, *more)
    try:
        yield
    except refused as error:
        raise UsageError(" ".join(str(error).split())) from error


def packed_rows(X: npt.NDArray[Any]) -> Codes:
    """Bytes of codes, from integers of any type that are bytes."""
    if not np.issubdtype(X.dtype, np.integer):
        raise UsageError(
            f"packed codes are uint8 (n, bytes), not {X.dtype}; "
            "HammingNeighbors(packed=False) takes features of 0 and 1"
        )
    if 8 * X.shape[1] > MAX_BITS:
        raise UsageError(f"a code has at most {MAX_BITS // 8} bytes, not {X.shape[1]}")
    if X.dtype != np.uint8:
        if X.max(initial=0) > 255:
            raise UsageError(f"bytes of packed codes are 0 to 255, not {X.max()}")
        X = X.astype(np.uint8)
    return np.ascontiguousarray(X)
