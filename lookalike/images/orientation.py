"""Which way up a picture is shown: EXIF's orientation, as browsers read it.

Notes in XMP, old ``Raw profile`` texts of PNG files and the embedded thumbnail's own directory say
nothing: browsers don't look there.
"""

from __future__ import annotations

import struct

from PIL import Image

__all__ = ["exif_orientation", "orientation_of", "upright"]

_TAG = 0x0112
_SHORT = 3  # the one type that the tag has; with another, browsers pass it over
_MOST_ENTRIES = 1_000
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image) -> int:
    """The orientation that a picture's file states, 1 to 8; 1 where it is missing or nonsense."""
    exif = image.info.get("exif")
    if isinstance(exif, bytes):
        return exif_orientation(exif)
    tags = getattr(image, "tag_v2", None)  # of TIFF, which is its own EXIF
    try:
        value = tags.get(_TAG, 1) if tags is not None else 1
    except Exception:  # damaged tags come in many kinds, and a viewer shows the picture anyway
        return 1
    return value if isinstance(value, int) and value in _UPRIGHT else 1


def exif_orientation(exif: bytes) -> int:
    """What the first directory of an EXIF block says, 1 to 8; 1 where it says nothing.

    Source: CIPA DC-008-2019, "Exif 2.32", sections 4.5 and 4.6.4.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, at)
        for place in range(at + 2, at + 2 + 12 * min(entries, _MOST_ENTRIES), 12):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", exif, place)
            if tag == _TAG and kind == _SHORT and count == 1:
                return value if value in _UPRIGHT else 1
    except struct.error:
        pass
    return 1


def upright(frame: Image.Image, orientation: int) -> Image.Image:
    """A picture turned and mirrored as EXIF's number says; itself where it says nothing."""
    return frame.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else frame
