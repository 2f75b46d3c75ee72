"""The embedded preview of a camera raw file: the picture that the camera itself made of it."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalike.errors import Cause, PictureFailed, PictureSkipped
from lookalike.images.reasons import names_memory, one_line

__all__ = ["Preview", "raw_preview"]


class Preview(NamedTuple):
    """An embedded preview.

    Attributes:
        jpeg: the preview as a JPEG file, or ``None``.
        image: the preview as pixels where it isn't JPEG, or ``None``.
        orientation: the raw file's, as EXIF counts (1 to 8), for a preview that states none.
        size: width and height of the photograph itself, after orientation, in pixels.
    """

    jpeg: bytes | None
    image: Image.Image | None
    orientation: int
    size: tuple[int, int]


# LibRaw's "flip" to EXIF's orientation.
_FLIPS = {0: 1, 3: 3, 5: 8, 6: 6}


def raw_preview(data: bytes) -> Preview:
    """The largest preview that LibRaw finds in a camera raw file.

    Developing the raw data itself would take seconds and need settings that only its owner knows.

    Raises:
        PictureSkipped: the extra ``raw`` isn't installed, or there is no preview.
        PictureFailed: LibRaw can't read the file.
    """
    try:
        import rawpy
    except ImportError as error:
        raise PictureSkipped(
            "camera raw: install lookalike[raw] to read its embedded preview", cause="extra"
        ) from error
    try:
        with rawpy.imread(BytesIO(data)) as raw:
            thumb = raw.extract_thumb()
            sizes = raw.sizes
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
        raise PictureSkipped("camera raw without an embedded preview that can be read") from error
    except rawpy.LibRawError as error:
        text = error.args[0] if error.args else error
        text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        cause: Cause = "memory" if names_memory(text) else "file"
        raise PictureFailed(f"damaged camera raw: {one_line(text)}", cause=cause) from error
    width, height = sizes.width, sizes.height
    orientation = _FLIPS.get(sizes.flip, 1)
    if orientation in (6, 8):
        width, height = height, width
    if thumb.format == rawpy.ThumbFormat.JPEG:
        return Preview(bytes(thumb.data), None, orientation, (width, height))
    bitmap = Image.fromarray(np.asarray(thumb.data))
    return Preview(None, bitmap, orientation, (width, height))
