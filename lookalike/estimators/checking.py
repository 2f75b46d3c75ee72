"""What the estimators are set to and handed, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np

from lookalike.errors import UsageError

__all__ = ["check_count", "check_radius", "check_rows", "check_seed", "check_switch", "refusals"]


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


def check_radius(value: Any) -> int:
    """Whole bits: a distance is at most 7.5 exactly when it is at most 7."""
    real: bool = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not 0 <= value < np.inf:
        raise UsageError(f"a radius is a number of at least 0 bits, not {value!r}")
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
