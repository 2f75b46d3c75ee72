"""The check of an argument that several rooms share."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from lookalike.errors import UsageError

__all__ = ["check_whole"]


def check_whole(what: str, value: Any, least: int, most: int) -> int:
    """A whole number from ``least`` to ``most``, one of NumPy's included.

    Raises:
        UsageError: another type, or out of range.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not least <= value <= most:
        raise UsageError(f"{what} is a whole number from {least:,} to {most:,}, not {value!r}")
    return int(value)
