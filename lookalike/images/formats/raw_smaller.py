"""Smaller previews of a camera raw file: JPEG files in its directories, and whether they are sound.

Cameras keep a preview of full size, which takes as long to decode as any JPEG of its size, and one
or two smaller ones.
"""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
from PIL import Image

from lookalike.images.formats.tiff_directories import (
    COMPRESSION,
    STRIP_BYTES,
    STRIP_OFFSETS,
    Directory,
    chain,
    is_tiff,
    sub_directories,
)

__all__ = ["smaller_preview"]

_JPEG_AT, _JPEG_BYTES = 513, 514
_MOST_DIRECTORIES = 32
_ASPECT = 0.01
_STRIP = 8  # of the largest preview an eighth is compared, its top
_CELLS = (64, 8)
_FAR = 8.0  # of 255: mean difference of two previews that don't show the same


def smaller_preview(data: bytes, largest: bytes, least: tuple[int, int]) -> bytes | None:
    """The smallest preview that is large enough and shows what the largest one does.

    The aspects have to be equal, and the top eighth of both the same. What differs below can't be
    seen; cameras make all previews of one picture.

    Args:
        data: the raw file.
        largest: its largest preview, a JPEG file.
        least: width and height that it has to have at least.

    Returns:
        A JPEG file; ``None`` where there is no smaller one.
    """
    if not is_tiff(data):
        return None
    width, height = Image.open(BytesIO(largest), formats=["JPEG"]).size
    found = []
    for directory in chain(data, _MOST_DIRECTORIES):
        for one in (directory, *sub_directories(directory)):
            jpeg = _jpeg_in(one)
            if jpeg is None or len(jpeg) >= len(largest):
                continue
            w, h = _size_of(jpeg)
            near = abs(w * height - h * width) <= _ASPECT * w * height
            if near and w >= least[0] and h >= least[1] and 2 * w * h <= width * height:
                found.append(((w, h), jpeg))
    for _, jpeg in sorted(found):
        if _shows_the_same(largest, jpeg):
            return jpeg
    return None


def _jpeg_in(directory: Directory) -> bytes | None:
    at, length = directory.number(_JPEG_AT), directory.number(_JPEG_BYTES)
    if not at and directory.number(COMPRESSION) in (6, 7):
        offsets, lengths = directory.numbers(STRIP_OFFSETS), directory.numbers(STRIP_BYTES)
        if len(offsets) == len(lengths) == 1:
            at, length = int(offsets[0]), int(lengths[0])
    jpeg = directory.data[at : at + length]
    return jpeg if length and len(jpeg) == length and jpeg[:3] == b"\xff\xd8\xff" else None


def _size_of(jpeg: bytes) -> tuple[int, int]:
    try:
        return Image.open(BytesIO(jpeg), formats=["JPEG"]).size
    except Exception:  # raw samples may be lossless JPEG, which no reader here knows
        return 0, 0


def _shows_the_same(largest: bytes, smaller: bytes) -> bool:
    try:
        top, share = _top_of(largest)
        other = Image.open(BytesIO(smaller), formats=["JPEG"])
        other.draft("RGB", (256, 256))
        box = (0, 0, other.width, max(1.0, other.height * share))
        two = (
            top.convert("RGB").resize(_CELLS, Image.Resampling.BOX),
            other.convert("RGB").resize(_CELLS, Image.Resampling.BOX, box=box),
        )
    except Exception:  # damaged, or of a kind that isn't cut
        return False
    one, another = (np.asarray(image, np.int16) for image in two)
    return bool(np.abs(one - another).mean(axis=(0, 1)).max() <= _FAR)


def _top_of(jpeg: bytes) -> tuple[Image.Image, float]:
    """The top of a baseline JPEG, and which share of it that is: the rest isn't decoded.

    Its header is made to say that there are no more rows (ITU-T T.81, B.2.2).

    Raises:
        ValueError: it isn't baseline.
    """
    at = 2
    while at + 9 < len(jpeg):
        marker, length = jpeg[at + 1], struct.unpack_from(">H", jpeg, at + 2)[0]
        if marker in (0xC0, 0xC1):
            (height,) = struct.unpack_from(">H", jpeg, at + 5)
            rows = min(height, max(32, -(-height // _STRIP) // 16 * 16))
            cut = bytearray(jpeg)
            struct.pack_into(">H", cut, at + 5, rows)
            image = Image.open(BytesIO(cut), formats=["JPEG"])
            image.draft("RGB", (256, 1))
            return image, rows / height
        if jpeg[at] != 0xFF or (0xC2 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            break
        at += 2 + length
    raise ValueError("no baseline JPEG")
