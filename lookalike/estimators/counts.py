"""Whole numbers that the estimators are set to."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from lookalike.errors import UsageError

__all__ = ["check_count"]


def check_count(name: str, value: Any) -> None:
    """Refuse what is no whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise UsageError(f"{name} must be a whole number of at least 1, not {value!r}")
