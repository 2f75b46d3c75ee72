"""Camera raw by its embedded preview: the picture that the camera itself made of it."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from lookalike.errors import PictureFailed, PictureSkipped
from lookalike.images.formats.format import Format, Opened
from lookalike.images.formats.iso_media import CANON_RAW, brands
from lookalike.images.formats.jpeg import FORMAT as JPEG
from lookalike.images.reasons import one_line

if TYPE_CHECKING:
    from PIL import Image

    from lookalike.types import Limits

__all__ = ["FORMAT", "is_raw_tiff"]

_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_FLIPS = {0: 1, 3: 3, 5: 8, 6: 6}  # LibRaw's "flip" to EXIF's orientation


class _Preview(NamedTuple):
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


class _Raw(Format):
    # Many formats of many makers, read with the extra ``raw``.
    name = "RAW"
    # fmt: off
    suffixes = frozenset(
        (
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mos",
        ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw",
        ".x3f",
        )
    )
    # fmt: on
    signatures = (
        b"FUJIFILMCCD-RAW",
        b"FOVb",
        b"\x00MRM",
        b"IIU\x00",  # Panasonic
        b"IIRO",  # Olympus
        b"IIRS",
        b"MMOR",
    )
    reader = "rawpy"
    media_type = "image/x-dcraw"  # not registered: what desktops call it

    def recognises(self, data: bytes, suffix: str) -> bool:
        if super().recognises(data, suffix) or CANON_RAW in brands(data):
            return True
        if data.startswith(_TIFF) and data[4:8] != b"ftyp":
            return is_raw_tiff(data, suffix)
        return suffix == ".crw" and data[6:14] == b"HEAPCCDR"

    def open(self, data: bytes, limits: Limits) -> Opened:
        """The preview's header, or its pixels where it isn't JPEG."""
        preview = self._preview(data)
        if preview.image is not None:
            image: Image.Image = preview.image
            reader: Format = self
        else:
            image, reader = JPEG.open(preview.jpeg or b"", limits).image, JPEG
        return Opened(image, reader, self.name, "camera raw", preview.size, preview.orientation)

    def _preview(self, data: bytes) -> _Preview:
        """The largest preview that LibRaw finds.

        Developing the raw data itself would take seconds and need settings that only its owner
        knows.

        Raises:
            PictureSkipped: the extra ``raw`` isn't installed, or there is no preview.
            PictureFailed: LibRaw can't read the file.
        """
        try:
            import rawpy
        except ImportError as error:
            raise PictureSkipped(
                "camera raw: install lookalike[raw] to read its embedded preview"
            ) from error
        try:
            with rawpy.imread(BytesIO(data)) as raw:
                thumb = raw.extract_thumb()
                sizes = raw.sizes
        except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
            raise PictureSkipped(
                "camera raw without an embedded preview that can be read"
            ) from error
        except rawpy.LibRawError as error:
            text = error.args[0] if error.args else error
            text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
            raise PictureFailed(f"damaged camera raw: {one_line(text)}") from error
        width, height = sizes.width, sizes.height
        orientation = _FLIPS.get(sizes.flip, 1)
        if orientation in (6, 8):
            width, height = height, width
        if thumb.format == rawpy.ThumbFormat.JPEG:
            return _Preview(bytes(thumb.data), None, orientation, (width, height))
        import numpy as np
        from PIL import Image

        bitmap = Image.fromarray(np.asarray(thumb.data))
        return _Preview(None, bitmap, orientation, (width, height))


FORMAT = _Raw()


def is_raw_tiff(data: bytes, suffix: str) -> bool:
    """Whether a TIFF is camera raw: by its name, or DNG, Canon, or a small picture above others.

    Args:
        data: the file, or at least its first 4 KiB.
        suffix: of its name, lower case with the dot, or empty.
    """
    if suffix in FORMAT.suffixes or data[8:10] == b"CR":
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
