"""Any of Pillow's colour modes to 8-bit grey or RGB, as a viewer would show it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.ground import on_ground
from lookalike.images.profiles import lab_to_rgb, to_srgb

__all__ = ["as_viewed"]


def as_viewed(image: Image.Image) -> Image.Image:
    """A picture of mode ``RGB``, or ``L`` where it is grey, of what a viewer would show.

    Grey stays grey (its three channels would be equal), which takes a quarter of the memory.

    - Transparency lies over white, or over black where nothing would be seen over white: see
      :func:`lookalike.images.ground.on_ground`.
    - 16-bit grey keeps its high byte. 32-bit integers: values within 0 to 255 stay, within 0 to
      65,535 are 16-bit, others are stretched from the least to the largest.
    - Floats: within 0 to 1 they are shares of white, within 0 to 255 they stay, others are
      stretched from the least to the largest finite value; what isn't finite is as the least.
    - CMYK goes through its colour profile where it has one. (Adobe's inverted CMYK in JPEG files is
      put right by Pillow's reader.)

    Raises:
        ValueError: a mode that can't be shown.
    """
    mode = image.mode
    if mode.startswith("I"):
        return Image.fromarray(_integers_to_bytes(np.asarray(image)))
    if mode == "F":
        return Image.fromarray(_floats_to_bytes(np.asarray(image)))
    if mode == "La":
        image = image.convert("LA")
    if image.has_transparency_data:
        return on_ground(image if image.mode == "RGBA" else image.convert("RGBA"))
    if mode in ("RGB", "L"):
        return image
    if mode == "1":
        return image.convert("L")
    if mode == "LAB":
        return lab_to_rgb(image)
    if mode == "CMYK" and (converted := to_srgb(image, image.info.get("icc_profile"))):
        return converted
    return image.convert("RGB")


def _integers_to_bytes(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Grey of 16 or 32 bits, (height, width), to 8 bits."""
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return _high_byte(values)
    least, most = int(values.min()), int(values.max())
    if least >= 0 and most <= 255:
        return values.astype(np.uint8)
    if least >= 0 and most <= 65_535:
        return _high_byte(values)
    return _stretch(values.astype(np.float64), least, most)


def _high_byte(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    high: npt.NDArray[np.uint8] = (values >> 8).astype(np.uint8)
    return high


def _floats_to_bytes(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Floats, (height, width), to 8 bits."""
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    least, most = float(values.min()), float(values.max())
    if least >= 0 and most <= 1:
        return _stretch(values, 0.0, 1.0)
    if least >= 0 and most <= 255:
        return np.rint(values).astype(np.uint8)
    return _stretch(values.astype(np.float64), least, most)


def _stretch(values: npt.NDArray[Any], least: float, most: float) -> npt.NDArray[np.uint8]:
    stretched = (values - least) * (255.0 / max(most - least, 1e-30))
    return np.asarray(np.rint(stretched), dtype=np.uint8)
