"""PNG and APNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

from PIL import Image

from lookalike.errors import PictureFailed
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.png_samples import colours_of, deep_samples, is_deep
from lookalike.images.sameness import Samples
from lookalike.types import Limits

__all__ = ["FORMAT"]


class _PNG(Format):
    name = "PNG"
    suffixes = (".apng", ".png")
    signatures = (b"\x89PNG\r\n\x1a\n",)
    reader = "PIL.PngImagePlugin"
    media_type = "image/png"
    members = "frame"

    def check_after(self, data: bytes) -> None:
        _check_chunks(data)

    def frames(self, image: Image.Image, data: bytes) -> list[int]:
        """As the header claims, but no more than there are: each has a chunk of its own."""
        claimed = super().frames(image, data)
        if len(claimed) == 1:
            return claimed
        there = data.count(b"fcTL") + bool(image.info.get("default_image"))
        return claimed[: max(1, there)]

    def is_exact(self, image: Image.Image, data: bytes) -> bool:
        """But for 16 bits, of which the reader cuts 8."""
        return not is_deep(data)

    def meaning(self, image: Image.Image, data: bytes) -> bytes:
        return colours_of(image)

    def everything(self, image: Image.Image, data: bytes) -> list[int]:
        """With the still picture that isn't part of the animation: older viewers show it."""
        return list(dict.fromkeys([0, *self.frames(image, data)]))

    def samples(
        self, opened: Opened, data: bytes, frames: Sequence[int], limits: Limits
    ) -> Iterator[Samples | Image.Image | None]:
        if is_deep(data) and not getattr(opened.image, "is_animated", False):
            return iter([deep_samples(data)])
        return super().samples(opened, data, frames, limits)


def _check_chunks(data: bytes) -> None:
    """Walk the chunks of a PNG file and compare their checksums (about 1 GB/s).

    Pillow leaves those unread that belong to the chunks with the pixels. A wrong checksum is an
    error to viewers that go by the book (PNG specification, third edition, section 13.2), and
    pixels that can't be trusted don't belong into a search.

    Raises:
        PictureFailed: a checksum is wrong, or the file ends before its last chunk.
    """
    view = memoryview(data)
    at = 8
    while True:
        if at + 12 > len(data):
            raise PictureFailed("truncated PNG: the file ends before its last chunk")
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise PictureFailed("truncated PNG: the file ends inside a chunk")
        (stated,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(view[at + 4 : end - 4]) != stated:
            raise PictureFailed(f"damaged PNG: wrong checksum in chunk {name!r}")
        if name == b"IEND":
            return
        at = end


FORMAT = _PNG()
