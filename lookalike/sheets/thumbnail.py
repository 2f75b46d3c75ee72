"""Small pictures of files, for contact sheets and pages."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from lookalike.errors import UsageError
from lookalike.images.pool.item import PictureFile
from lookalike.images.pool.pool import DecodePool
from lookalike.types import InputSpec

__all__ = ["thumbnail", "thumbnail_jpeg"]

_LARGEST = 4096  # pixels


def thumbnail(pool: DecodePool, file: PictureFile, size: int = 256) -> Image.Image:
    """A small RGB picture of a file, upright, decoded in the pool's children.

    Args:
        pool: any pool; its own inputs don't matter.
        file: a path, or a picture file's bytes.
        size: neither side is longer, in pixels; small pictures aren't enlarged.

    Raises:
        UsageError: a size that isn't between 1 and 4,096.
        PictureSkipped, PictureFailed: as :meth:`lookalike.images.pool.pool.DecodePool.decode`.
    """
    if not 1 <= size <= _LARGEST:
        raise UsageError(f"a thumbnail of {size} pixels: give a size from 1 to {_LARGEST}")
    spec = InputSpec(size, "within", "lanczos")
    decoded = pool.decode(file, inputs={"thumbnail": spec})
    return Image.fromarray(decoded.inputs["thumbnail"])


def thumbnail_jpeg(
    pool: DecodePool, file: PictureFile, size: int = 256, *, quality: int = 85
) -> bytes:
    """The same as a JPEG file's bytes, without any of the original's metadata.

    Raises:
        As :func:`thumbnail`.
    """
    buffer = BytesIO()
    thumbnail(pool, file, size).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
