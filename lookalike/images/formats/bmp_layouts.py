"""Layouts of Windows bitmaps that Pillow's reader refuses or can't read to an early end.

Source: Microsoft, "BITMAPV5HEADER" and "Bitmap Compression", Windows GDI documentation.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Layout", "by_masks", "layout", "unread_kind", "unrolled"]

_BITFIELDS, _JPEG, _PNG = 3, 4, 5
_RUNS = (1, 2)  # RLE8 and RLE4
_RARE_DEPTHS = (2, 64)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the header says.

    Attributes:
        header: its length.
        width: in pixels.
        height: of rows, from below; negative from above.
        bits: of a pixel.
        compression: its number.
        masks: of red, green, blue and transparency; 0 where there is none.
        pixels: where they begin.
    """

    header: int
    width: int
    height: int
    bits: int
    compression: int
    masks: tuple[int, ...]
    pixels: int

    @property
    def runs(self) -> bool:
        """Whether the pixels are packed by their runs."""
        return self.compression in _RUNS


def layout(data: bytes) -> Layout | None:
    """Read the header; ``None`` where it is cut, or of the old kind without compression."""
    if len(data) < 54:
        return None
    (pixels,) = struct.unpack_from("<I", data, 10)
    header, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", data, 14)
    if header < 40:
        return None
    masks = (0, 0, 0, 0)
    if compression == _BITFIELDS and len(data) >= 70:
        masks = struct.unpack_from("<4I", data, 54)
        if header < 56:
            masks = (*masks[:3], 0)
    return Layout(header, width, height, bits, compression, masks, pixels)


def unread_kind(data: bytes) -> str:
    """What is special about a bitmap that isn't read; empty where nothing is."""
    if data[14:18] == b"\x10\0\0\0":
        return "BMP of OS/2 with a short header"
    held = layout(data)
    if held is None:
        return ""
    if held.compression in (_JPEG, _PNG):
        return f"BMP with {'JPEG' if held.compression == _JPEG else 'PNG'} inside"
    return f"BMP of {held.bits} bits a pixel" if held.bits in _RARE_DEPTHS else ""


def by_masks(data: bytes, held: Layout) -> npt.NDArray[np.uint8] | None:
    """The pixels of a bitmap whose channels lie at bits of its own choice.

    Returns:
        RGBA, (height, width, 4); ``None`` where the file is cut, or the masks can't be.
    """
    width, height = held.width, abs(held.height)
    step = (width * held.bits + 31) // 32 * 4
    if held.bits not in (16, 32) or width <= 0 or len(data) < held.pixels + step * height:
        return None
    rows = np.frombuffer(data, np.uint8, step * height, held.pixels).reshape(height, step)
    values = rows.view("<u2" if held.bits == 16 else "<u4")[:, :width].astype(np.uint32)
    made = np.full((height, width, 4), 255, np.uint8)
    for channel, mask in enumerate(held.masks):
        if mask:
            low = (mask & -mask).bit_length() - 1
            most = mask >> low
            if most & (most + 1):
                return None  # bits with a gap
            made[..., channel] = ((values & np.uint32(mask)) >> np.uint32(low)) * (255 / most) + 0.5
        elif channel < 3:
            made[..., channel] = 0
    return made if held.height < 0 else made[::-1]


def unrolled(
    data: bytes, held: Layout
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_], bool]:
    """The pixels of a bitmap packed by its runs, as far as they go.

    Returns:
        Palette indices (height, width), from above; which of them are written; and whether the end
        is marked: what isn't written then was never meant to be.
    """
    width, height, wide = held.width, abs(held.height), held.compression == 1
    made = np.zeros((height, width), np.uint8)
    there = np.zeros((height, width), np.bool_)
    at, x, y, ended = held.pixels, 0, 0, False

    def put(indices: npt.NDArray[np.uint8]) -> None:
        end = min(width, x + len(indices))
        made[y, x:end] = indices[: end - x]
        there[y, x:end] = True

    while at + 2 <= len(data) and y < height:
        count, value = data[at], data[at + 1]
        at += 2
        if count:
            pair = (value, value) if wide else (value >> 4, value & 15)
            put(np.resize(np.array(pair, np.uint8), count))
            x = min(width, x + count)
        elif value == 0:
            x, y = 0, y + 1
        elif value == 1:
            ended = True
            break
        elif value == 2:
            across, up = data[at : at + 2].ljust(2, b"\0")
            x, y, at = min(width, x + across), y + up, at + 2
        else:
            size = value if wide else (value + 1) // 2
            packed = np.frombuffer(data[at : at + size], np.uint8)
            indices = (
                packed if wide else np.stack([packed >> 4, packed & 15], 1).reshape(-1)[:value]
            )
            put(indices)
            x, at = min(width, x + value), at + size + size % 2
    return made[::-1], there[::-1], ended or y >= height
