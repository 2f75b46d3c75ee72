"""What encoders are handed, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lookalike.errors import UsageError

__all__ = ["check_pictures"]


def check_pictures(pictures: Any) -> None:
    """Several pictures: a list of them, or one array with a row for each.

    Raises:
        UsageError: anything else.
    """
    if not isinstance(pictures, Sequence | np.ndarray) or isinstance(pictures, str | bytes):
        raise UsageError(f"pictures come as a list of arrays, not as {type(pictures).__name__}")
    if isinstance(pictures, np.ndarray) and not pictures.ndim:
        raise UsageError(f"pictures come as a list of arrays, not as one number, {pictures!r}")
