"""Camera raw by its embedded preview, with the extra ``raw``."""

from __future__ import annotations

import struct
from typing import Final

from PIL import Image

from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.iso import brands_of
from lookalike.images.formats.jpeg import FORMAT as JPEG
from lookalike.types import Limits

__all__ = ["FORMAT", "SUFFIXES", "is_raw_tiff", "is_tiff"]

# fmt: off
SUFFIXES: Final = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf",
    ".iiq", ".kdc", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef",
    ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
)
# fmt: on

_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two are BigTIFF


class _RAW(Format):
    name = "RAW"
    label = "camera raw"
    suffixes = SUFFIXES
    signatures = (
        b"FUJIFILMCCD-RAW",
        b"FOVb",
        b"\x00MRM",
        b"IIU\x00",  # Panasonic
        b"IIRO",  # Olympus
        b"IIRS",
        b"MMOR",
    )

    def recognises(self, data: bytes, suffix: str) -> bool:
        """By a signature; as a TIFF of a certain kind; or as an ISO file of Canon's."""
        if super().recognises(data, suffix) or brands_of(data)[0] == b"crx ":
            return True
        if is_tiff(data):
            return is_raw_tiff(data, suffix)
        return suffix == ".crw" and data[6:14] == b"HEAPCCDR"

    def open(self, data: bytes, limits: Limits) -> Opened:
        # Here, not above: the extra is not always there.
        from lookalike.images.formats.raw_preview import raw_preview

        preview = raw_preview(data)
        image = preview.image or JPEG.open(preview.jpeg or b"", limits).image
        return Opened(image, self.name, preview.size, preview.orientation)

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """As JPEG, which most previews are."""
        if opened.image.format in (JPEG.name, *JPEG.also):
            return JPEG.reduced(opened, data, least, limits)
        return opened

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        """As JPEG."""
        return JPEG.extra_bytes(image, full)


def is_tiff(data: bytes) -> bool:
    """Whether a file is a TIFF, camera raw or not."""
    return data.startswith(_TIFF) and data[4:8] != b"ftyp"


def is_raw_tiff(data: bytes, suffix: str) -> bool:
    """Whether a TIFF is camera raw: by suffix; DNG, Canon; or small, with others below it."""
    if suffix in SUFFIXES:
        return True
    if data[8:10] == b"CR":
        return True
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (entries,) = struct.unpack_from(order + "H", data, at)
        tags = {}
        for i in range(min(entries, 200)):
            tag, _kind, _count, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * i)
            tags[tag] = value
    except struct.error:
        return False
    dng_version, subfile_type, sub_ifds, make = 50706, 254, 330, 271
    if dng_version in tags:
        return True
    return tags.get(subfile_type) == 1 and sub_ifds in tags and make in tags


FORMAT = _RAW()
