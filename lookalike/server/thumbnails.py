"""Small pictures of the library's pictures, decoded in child processes and kept in memory."""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from io import BytesIO

from PIL import Image

from lookalike.errors import PictureError
from lookalike.images.pool.pool import DecodePool
from lookalike.library import PictureInfo
from lookalike.server.files import changed, is_unchanged
from lookalike.server.uploads import Upload
from lookalike.types import Decoded, InputSpec, Limits

__all__ = ["SIZES", "Thumbnails"]

SIZES = (128, 256, 512, 1024)
"""Pixels that the longer side of a thumbnail may have."""

_QUALITY = 82


class Thumbnails:
    """JPEG thumbnails without any of the originals' metadata; any number of threads may ask.

    Args:
        limits: for decoding a picture.
        workers: decoding processes at most.
        most_bytes: that are kept; what wasn't asked for longest goes first.
    """

    def __init__(self, limits: Limits, workers: int, most_bytes: int) -> None:
        self._pool = DecodePool({"": _spec(SIZES[0])}, limits=limits, workers=workers)
        self._most = most_bytes
        self._kept: OrderedDict[tuple[bytes, str, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the decoding processes."""
        self._pool.close()

    def warm(self) -> None:
        """Start a decoding process."""
        self._pool.warm(1)

    def get(self, picture: PictureInfo, size: int) -> bytes:
        """A thumbnail as a JPEG file's bytes; small pictures aren't enlarged.

        Args:
            picture: of the library.
            size: of the longer side, at most.

        Raises:
            ApiError: the file isn't what was indexed.
            PictureError: it can't be decoded.
        """
        key = (picture.digest, picture.member, size)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is not None and is_unchanged(picture):
            return kept
        try:
            decoded = self._pool.decode(
                picture.path, inputs={"thumbnail": _spec(size)}, member=picture.member
            )
        except PictureError:
            if not is_unchanged(picture):
                raise changed() from None
            raise
        if not hmac.compare_digest(decoded.content_digest, picture.digest):
            raise changed()
        made = _jpeg(decoded)
        self._keep(key, made)
        return made

    def of_bytes(self, picture: Upload, size: int) -> bytes:
        """A thumbnail of a picture file that isn't in the library; it isn't kept.

        Raises:
            PictureError: it can't be decoded.
        """
        inputs = {"thumbnail": _spec(size)}
        return _jpeg(self._pool.decode(picture.data, inputs=inputs, name=picture.name or ""))

    def _keep(self, key: tuple[bytes, str, int], made: bytes) -> None:
        with self._lock:
            self._bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self._bytes > self._most:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped)


def _jpeg(decoded: Decoded) -> bytes:
    buffer = BytesIO()
    Image.fromarray(decoded.inputs["thumbnail"]).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _spec(size: int) -> InputSpec:
    return InputSpec(size, "within", "lanczos")
