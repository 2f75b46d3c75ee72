"""What a picture may come as."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy.typing as npt
from PIL import Image

from lookalike.types import InputSpec

__all__ = ["FULL_SIZE", "Item", "NamedBytes"]

FULL_SIZE = InputSpec(1 << 16, "within")
"""All pixels of a picture: no decoder makes larger ones."""


@dataclass(frozen=True, slots=True)
class NamedBytes:
    """The bytes of a picture file and its name, so that they take the road of that file.

    Attributes:
        data: the whole file.
        name: of the file; its suffix tells some kinds of camera raw.
    """

    data: bytes
    name: str


Item: TypeAlias = "str | os.PathLike[str] | bytes | NamedBytes | Image.Image | npt.NDArray[Any]"
"""A path, the bytes of a file with or without its name, a picture of Pillow's, or an array of
pixels as :func:`lookalike.images.arrays.from_array` takes it."""
