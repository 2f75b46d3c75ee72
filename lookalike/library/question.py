"""A picture to look for, as codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.types import Codes, Encoded

__all__ = ["Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """A picture to look for.

    Attributes:
        content_digest: SHA-256 of its bytes.
        pixel_digest: of its pixels.
        pdq: codes of the rotations and flips of each of its views, uint8 (8 x views, 32).
        pdq_quality: 0 to 100, of each of these codes, uint8 (8 x views,).
        photo: photo code and embedding of each of its views, the whole picture first.
        details: photo codes and embeddings of its parts, where the library has codes of those of
            its pictures.
    """

    content_digest: bytes
    pixel_digest: bytes
    pdq: Codes | None = None
    pdq_quality: npt.NDArray[np.uint8] | None = None
    photo: Encoded | None = None
    details: Encoded | None = None
