"""Pixels in memory to a picture: which arrays are taken for one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.errors import UsageError

__all__ = ["from_array"]


def from_array(pixels: npt.NDArray[Any]) -> Image.Image:
    """A picture of mode L, RGB or RGBA from an array of pixels.

    Args:
        pixels: (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA; ``uint8``,
            ``bool`` (true is white) or a float type with values from 0 to 1.

    Raises:
        UsageError: another shape or type, no pixels, or floats outside of 0 to 1.
    """
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise UsageError(
            f"an array of shape {pixels.shape} is no picture: give (height, width) for grey, "
            "(height, width, 3) for RGB or (height, width, 4) for RGBA"
        )
    if pixels.size == 0:
        raise UsageError(f"an array of shape {pixels.shape} holds no pixels")
    if pixels.dtype == np.bool_:
        values = pixels.astype(np.uint8) * np.uint8(255)
    elif pixels.dtype == np.uint8:
        values = pixels
    elif pixels.dtype.kind == "f":
        least, most = float(pixels.min()), float(pixels.max())
        if not (least >= 0.0 and most <= 1.0):  # written so that NaN fails too
            raise UsageError(
                f"float pixels must lie between 0 and 1, not {least:g} to {most:g}: "
                "scale them, or convert them to uint8"
            )
        values = np.rint(pixels * 255.0).astype(np.uint8)
    else:
        raise UsageError(
            f"pixels of type {pixels.dtype} are ambiguous: convert them to uint8 (0 to 255) "
            "or to float (0 to 1)"
        )
    return Image.fromarray(np.ascontiguousarray(values))
