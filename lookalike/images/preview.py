"""A small JPEG of a picture: to show while it can't be reached, and to compare it by."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.fitting import fit
from lookalike.types import InputSpec, Pixels

__all__ = ["PREVIEW", "pixels_of", "preview_of"]

PREVIEW = InputSpec(256, "within", "bilinear")
"""The size of previews."""

QUALITY = 80


def preview_of(pixels: Pixels) -> bytes:
    """Make a preview.

    Args:
        pixels: RGB, uint8 (height, width, 3), upright, at least of the size of :data:`PREVIEW`
            where the picture itself is.

    Returns:
        A JPEG without metadata.
    """
    file = io.BytesIO()
    fit(Image.fromarray(pixels), PREVIEW).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def pixels_of(preview: bytes) -> Pixels:
    """The pixels of a preview, RGB, uint8 (height, width, 3).

    Raises:
        PictureFailed: it is none, or damaged.
    """
    try:
        with Image.open(io.BytesIO(preview), formats=("JPEG",)) as image:
            if max(image.size) > PREVIEW.size:
                raise PictureFailed(f"a preview of {image.width} x {image.height} is too large")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureFailed("the preview is damaged") from error
