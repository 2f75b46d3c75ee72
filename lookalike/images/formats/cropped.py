"""A part of a picture, as a picture that isn't decoded yet."""

from __future__ import annotations

from typing import Any

from PIL import Image

__all__ = ["Cropped"]


class Cropped(Image.Image):
    """What a file says is shown of its picture; all else of the picture is kept.

    Args:
        image: opened.
        box: left, top, right and bottom in its pixels.
    """

    def __init__(self, image: Image.Image, box: tuple[int, int, int, int]) -> None:
        super().__init__()
        self._whole, self._box = image, box
        self._mode, self._size = image.mode, (box[2] - box[0], box[3] - box[1])
        self.format, self.info = image.format, image.info

    def load(self) -> Any:
        """Decode the whole, and keep the part."""
        if self._im is None:
            self._whole.load()
            self.im = self._whole.crop(self._box).im
        return super().load()
