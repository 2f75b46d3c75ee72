"""Any of Pillow's colour modes to 8-bit grey or RGB, as a viewer would show it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lookalike.images.ground import on_ground
from lookalike.images.profiles import lab_to_rgb, to_srgb
from lookalike.images.samples import Told, to_bytes

__all__ = ["as_viewed"]


def as_viewed(image: Image.Image) -> Image.Image:
    """A picture of mode ``RGB``, or ``L`` where it is grey, of what a viewer would show.

    Grey stays grey (its three channels would be equal), which takes a quarter of the memory.

    - Transparency lies over white, or over black where nothing would be seen over white: see
      :func:`lookalike.images.ground.on_ground`.
    - Grey of 16 or 32 bits, and floats, go by the rules of :mod:`lookalike.images.samples`.
    - CMYK goes through its colour profile where it has one. (Adobe's inverted CMYK in JPEG files is
      put right by Pillow's reader.)

    Raises:
        ValueError: a mode that can't be shown.
    """
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return Image.fromarray(to_bytes(np.asarray(image), Told()))
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
