"""PNG and its animations, with the checksums that Pillow leaves unread."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from lookalike.errors import PictureFailed
from lookalike.images.formats.format import Format, frames

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT"]


class _Png(Format):
    name = "PNG"
    suffixes = frozenset((".apng", ".png"))
    signatures = (b"\x89PNG\r\n\x1a\n",)
    reader = "PIL.PngImagePlugin"
    media_type = "image/png"
    shown = True
    member_kind = "frame"

    def check(self, data: bytes) -> None:
        """Walk the chunks and compare their checksums (about 1 GB/s).

        A wrong checksum is an error to viewers that go by the book (PNG specification, third
        edition, section 13.2), and pixels that can't be trusted don't belong into a search.

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

    def members(self, image: Image.Image, data: bytes) -> range:
        claimed = frames(image)
        if len(claimed) == 1:
            return claimed
        # A header may claim any number: frames that are there have a chunk each.
        there = data.count(b"fcTL") + bool(image.info.get("default_image"))
        return claimed[: max(1, there)]


FORMAT = _Png()
