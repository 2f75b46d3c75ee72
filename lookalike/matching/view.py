"""What the second look is taken at: a small picture of each of the two."""

from __future__ import annotations

from dataclasses import dataclass

from lookalike.images.preview import PREVIEW
from lookalike.matching.features import Features
from lookalike.types import Pixels

__all__ = ["PREVIEW", "View"]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One of the two pictures of a pair.

    Attributes:
        pixels: of its preview (:mod:`lookalike.images.preview`), RGB, uint8 (height, width, 3).
        size: width and height of the picture itself, in pixels, upright.
        name: SHA-256 of its bytes, or whatever else tells it from others: a pair is looked at in
            the order of the names, so that the outcome is the same whichever is asked with.
        features: of the pixels; ``None`` where nobody has made them yet.
        format: of the file, as Pillow calls it; empty where it isn't known.
        file_bytes: size of the file; 0 where it isn't known.
        quality: of a JPEG, 1 to 100, as its tables say; ``None`` where nobody looked.
    """

    pixels: Pixels
    size: tuple[int, int]
    name: bytes
    features: Features | None = None
    format: str = ""
    file_bytes: int = 0
    quality: int | None = None
