"""Vectors of length 1, by which features are compared: their dot products are cosines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.errors import ModelError

__all__ = ["unit"]


def unit(vector: npt.NDArray[Any], origin: str) -> npt.NDArray[np.float32]:
    """A vector of length 1 in its direction, float32 (d,).

    Raises:
        ModelError: it has no direction: it holds no finite numbers, or zeros alone.
    """
    values = vector.astype(np.float64)
    length = float(np.linalg.norm(values))
    if not np.isfinite(length) or length < 1e-12:
        raise ModelError(
            f"{origin}: the features are no numbers, or all zero: try another precision, such as "
            "fp32"
        )
    return np.asarray(values / length, np.float32)
