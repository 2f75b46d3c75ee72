"""Luma and chroma to RGB, by what a file says of its colours (ITU-T H.273, section 8.3)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image

from lookalike.images.heif.items import Property

__all__ = ["to_rgb"]

# Shares of red and blue in luma, by matrix_coefficients. What isn't stated is taken for BT.601, as
# libheif does.
_SHARES = {1: (0.2126, 0.0722), 2: (0.299, 0.114), 5: (0.299, 0.114), 6: (0.299, 0.114)}
_SHARES[9] = (0.2627, 0.0593)


def to_rgb(
    planes: tuple[Image.Image, Image.Image, Image.Image],
    properties: Iterable[Property],
    matrix: int,
    full_range: bool,
) -> Image.Image | None:
    """An RGB image of a luma plane and two of chroma, all of one size.

    Args:
        planes: of mode ``L``.
        properties: of the item; its ``nclx`` colours come before those of the bitstream.
        matrix: as the bitstream names it.
        full_range: whether the samples go from 0 to 255, by the bitstream.

    Returns:
        ``None`` where the matrix isn't one of those that pictures are written with.
    """
    for made in properties:
        if made.kind == b"colr" and made.content[:4] == b"nclx" and len(made.content) == 11:
            matrix = int.from_bytes(made.content[8:10], "big")
            full_range = bool(made.content[10] >> 7)
            break
    if matrix not in _SHARES:
        return None
    red, blue = _SHARES[matrix]
    luma, cb, cr = (np.asarray(plane, np.float32) for plane in planes)
    cb, cr = cb - 128, cr - 128
    if not full_range:
        luma = (luma - 16) * (255 / 219)
        cb, cr = cb * (255 / 224), cr * (255 / 224)
    r = luma + 2 * (1 - red) * cr
    b = luma + 2 * (1 - blue) * cb
    g = (luma - red * r - blue * b) / (1 - red - blue)
    rgb = np.stack((r, g, b), axis=2)
    return Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))
