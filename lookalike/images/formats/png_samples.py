"""All samples of a PNG file, of 16 bits too, of which Pillow keeps the high byte alone."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.orientation import orientation_of
from lookalike.images.sameness import Samples, meaning_of

__all__ = ["deep_samples", "is_deep"]

_GREY, _RGB, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 4, 6  # colour types

# How Pillow's decoder is told to give every byte of the samples: its picture, and the names of the
# orders of bytes with which it keeps the first ones, and the second ones.
_BYTES_OF = {_RGB: ("RGB", ("RGB;16B", "RGB;16L")), _RGB_ALPHA: ("RGBA", ("RGBA;16B", "RGBA;16L"))}


def is_deep(data: bytes) -> bool:
    """Whether Pillow's image lacks a half of the samples of a PNG file."""
    return data[24] == 16


def deep_samples(data: bytes, opened: Image.Image) -> Samples:
    """The samples of the still picture of a sound file that :func:`is_deep`.

    Args:
        data: the file.
        opened: Pillow's image of it, with what is said of its colours.

    Raises:
        Exception: as Pillow raises at damage.
    """
    kind, clear = data[25], opened.info.get("transparency")
    values = _sixteen(Image.open(BytesIO(data), formats=["PNG"]), data, kind)
    space = "grey" if kind in (_GREY, _GREY_ALPHA) else "RGB"
    alpha: npt.NDArray[Any] | None = None
    if kind == _GREY_ALPHA:
        values, alpha = values[..., 0], values[..., 1]
    elif kind == _RGB_ALPHA:
        values, alpha = values[..., :3], values[..., 3]
    elif clear is not None:
        alpha = _alpha(values, np.array(clear, np.uint16), 65_535)
    meaning = meaning_of(opened.info.get("icc_profile"), space)
    return Samples(values, "u16", space, alpha, 65_535, orientation_of(opened), meaning)


def _sixteen(image: Image.Image, data: bytes, kind: int) -> npt.NDArray[Any]:
    """Samples of 16 bits: (height, width) or (height, width, channels)."""
    if kind == _GREY:
        return np.asarray(image)
    if kind == _GREY_ALPHA:  # four bytes a pixel, as of RGBA with 8 bits
        pairs = np.asarray(_decoded(image, "RGBA", "RGBA"))
        return pairs.reshape(*pairs.shape[:2], 2, 2).view(">u2")[..., 0]
    mode, names = _BYTES_OF[kind]
    high = np.asarray(_decoded(image, mode, names[0])).astype(np.uint16)
    high <<= 8
    high |= np.asarray(_decoded(Image.open(BytesIO(data), formats=["PNG"]), mode, names[1]))
    return high


def _decoded(image: Image.Image, mode: str, layout: str) -> Image.Image:
    """An image, opened and not decoded yet, with its bytes read in another way."""
    image._mode = mode
    image.tile = [tile._replace(args=layout) for tile in image.tile]  # type: ignore[attr-defined]
    image.load()
    return image


def _alpha(values: npt.NDArray[Any], clear: Any, opaque: int) -> npt.NDArray[Any]:
    """Opaque but for the pixels of one colour."""
    same = values == clear
    if values.ndim == 3:
        same = same.all(axis=2)
    return np.where(same, 0, opaque).astype(values.dtype)
