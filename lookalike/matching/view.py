"""What the second look is taken at: a small picture of each of the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lookalike.images.preview import PREVIEW, pixels_of
from lookalike.matching.features import Features
from lookalike.types import Pixels

__all__ = ["PREVIEW", "View"]


@dataclass(frozen=True, eq=False)
class View:
    """One of the two pictures of a pair.

    Attributes:
        preview: the small picture (:mod:`lookalike.images.preview`), as RGB, uint8 (height, width,
            3), or as the JPEG that is kept of it, which is decoded when it is first looked at.
        size: width and height of the picture itself, in pixels, upright.
        name: SHA-256 of its bytes, or whatever else tells it from others: a pair is looked at in
            the order of the names, so that the outcome is the same whichever is asked with.
        features: of the pixels; ``None`` where nobody has made them yet.
        format: of the file, as Pillow calls it; empty where it isn't known.
        file_bytes: size of the file; 0 where it isn't known.
        quality: of a JPEG, 1 to 100, as its tables say; ``None`` where nobody looked.
    """

    preview: Pixels | bytes
    size: tuple[int, int]
    name: bytes
    features: Features | None = None
    format: str = ""
    file_bytes: int = 0
    quality: int | None = None

    @cached_property
    def pixels(self) -> Pixels:
        """The small picture, RGB, uint8 (height, width, 3).

        Raises:
            PictureFailed: the JPEG is damaged.
        """
        return pixels_of(self.preview) if isinstance(self.preview, bytes) else self.preview
