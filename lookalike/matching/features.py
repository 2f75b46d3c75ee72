"""Local features of a small picture, and their form in a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Features"]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Local features.

    Attributes:
        points: float32 (n, 4): x and y in pixels of the small picture, scale, angle in degrees.
        descriptors: uint8 (n, 128).
    """

    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.uint8]
