"""What a picture may come as."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt
from PIL import Image

from lookalike.images.pool.item import Item, PictureFile
from lookalike.types import InputSpec

__all__ = ["FULL_SIZE", "Picture"]

FULL_SIZE = InputSpec(1 << 16, "within")
"""All pixels of a picture: no decoder makes larger ones."""

Picture: TypeAlias = "PictureFile | Item | Image.Image | npt.NDArray[Any]"
"""A path, the bytes of a file, an :class:`~lookalike.images.pool.item.Item` where a member or the
name of the bytes has to be said, a picture of Pillow's, or an array of pixels as
:func:`lookalike.images.arrays.from_array` takes it."""
