"""Any of Pillow's colour modes to 8-bit grey or RGB, as a viewer would show it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lookalike.images.profiles import lab_to_rgb, to_srgb
from lookalike.images.samples import Told, to_bytes

__all__ = ["as_viewed"]

_WHITE = (255, 255, 255)


def as_viewed(image: Image.Image) -> Image.Image:
    """A picture of mode ``RGB``, or ``L`` where it is grey, of what a viewer would show.

    Grey stays grey (its three channels would be equal), which takes a quarter of the memory.

    - Transparency lies over white: pages and contact sheets are white, and it is what becomes of
      a transparent picture when it is saved as JPEG by most programs, so that both look alike.
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
        return _on_white(image if image.mode == "RGBA" else image.convert("RGBA"))
    if mode in ("RGB", "L"):
        return image
    if mode == "1":
        return image.convert("L")
    if mode == "LAB":
        return lab_to_rgb(image)
    if mode == "CMYK" and (converted := to_srgb(image, image.info.get("icc_profile"))):
        return converted
    return image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """An RGBA picture laid over white, as RGB."""
    if image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, _WHITE)
    ground.paste(image, mask=image.getchannel("A"))
    return ground
