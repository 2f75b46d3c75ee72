"""Camera raw by its embedded preview, with the extra ``raw``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PIL import Image

from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.iso import brands_of
from lookalike.images.formats.jpeg import FORMAT as JPEG
from lookalike.images.formats.raw_smaller import smaller_preview
from lookalike.images.formats.tiff_directories import (
    COMPRESSION,
    PHOTOMETRIC,
    Directory,
    chain,
    is_tiff,
    sub_directories,
)
from lookalike.types import Limits

__all__ = ["FORMAT", "SUFFIXES", "is_raw_tiff"]

# fmt: off
SUFFIXES: Final = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf",
    ".iiq", ".kdc", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef",
    ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
)
# fmt: on

_DNG_VERSION = 50706
_RAW_COLOURS = (32803, 34892)  # behind a colour filter, and linear raw (DNG)
_RAW_COMPRESSIONS = (32767, 32769, 32770, 34713, 65000, 65535)  # Sony, Epson, Samsung, Nikon, ...


@dataclass(frozen=True, slots=True)
class _OpenedRaw(Opened):
    """With the preview that was opened, a JPEG file; empty where it is none."""

    jpeg: bytes = b""


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
        return _OpenedRaw(
            image, self.name, preview.size, preview.orientation, jpeg=preview.jpeg or b""
        )

    def reduced(
        self, opened: Opened, data: bytes, least: tuple[int, int], limits: Limits
    ) -> Opened:
        """A smaller preview, and as JPEG, which most previews are."""
        if opened.image.format not in (JPEG.name, *JPEG.also):
            return opened
        if isinstance(opened, _OpenedRaw):
            smaller = smaller_preview(data, opened.jpeg, least)
            if smaller is not None:
                opened = replace(opened, image=JPEG.open(smaller, limits).image)
        return JPEG.reduced(opened, data, least, limits)

    def extra_bytes(self, image: Image.Image, full: tuple[int, int]) -> int:
        """As JPEG."""
        return JPEG.extra_bytes(image, full)


def is_raw_tiff(data: bytes, suffix: str) -> bool:
    """Whether a TIFF is camera raw: by suffix, by its maker's mark, or by what its samples are.

    Scanners write a reduced first picture and their name, too, so neither counts.
    """
    if suffix in SUFFIXES or data[8:10] == b"CR":
        return True
    for first in chain(data, 1):
        if _DNG_VERSION in first.entries:
            return True
        return any(_is_raw(one) for one in (first, *sub_directories(first)))
    return False


def _is_raw(directory: Directory) -> bool:
    return (
        directory.number(PHOTOMETRIC) in _RAW_COLOURS
        or directory.number(COMPRESSION) in _RAW_COMPRESSIONS
    )


FORMAT = _RAW()
