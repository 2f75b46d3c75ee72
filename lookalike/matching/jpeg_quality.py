"""The quality that a JPEG was saved with, by its quantisation tables."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["jpeg_quality", "quality_of_steps"]

_START: Final = b"\xff\xd8"
_TABLES, _SCAN = 0xDB, 0xDA
_LARGEST = 255  # of a table of bytes
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
# ITU-T T.81, annex K, table K.1, in the order of a file's zigzag.
_LUMINANCE: Final = np.array(
    [16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
     29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81,
     87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99],
    np.float64,
)  # fmt: skip


def _zigzag() -> npt.NDArray[np.int64]:
    """The place of each frequency, (down, across), in that order."""
    order = sorted(np.ndindex(8, 8), key=lambda at: (sum(at), at[sum(at) % 2 == 0]))
    made = np.empty((8, 8), np.int64)
    for place, at in enumerate(order):
        made[at] = place
    return made


_ZIGZAG: Final = _zigzag()


def jpeg_quality(head: bytes) -> int | None:
    """The quality as the Independent JPEG Group counts it, 1 to 100.

    That of the nearest scale of the standard's table for luminance; other programs have tables of
    their own, of which it is the equivalent.

    Args:
        head: the file, or its beginning up to the first scan.

    Returns:
        ``None`` for what is no JPEG, and where no table is found.
    """
    if not head.startswith(_START):
        return None
    at = len(_START)
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _SCAN:
            return None
        else:
            length = int.from_bytes(head[at + 2 : at + 4], "big")
            if marker == _TABLES:
                found = _first_table(head[at + 4 : at + 2 + length])
                if found is not None:
                    return _quality(found)
            at += 2 + max(length, 2)
    return None


def _first_table(segment: bytes) -> npt.NDArray[np.float64] | None:
    """The table of luminance, number 0."""
    at = 0
    while at < len(segment):
        wide, number = segment[at] >> 4, segment[at] & 15
        size = 64 * (2 if wide else 1)
        values = segment[at + 1 : at + 1 + size]
        if len(values) < size:
            return None
        if number == 0:
            return np.frombuffer(values, ">u2" if wide else np.uint8).astype(np.float64)
        at += 1 + size
    return None


def _quality(table: npt.NDArray[np.float64]) -> int:
    """The scale in per cent is 5000 / quality below 50, and 200 - 2 x quality from there on."""
    free = table < _LARGEST  # the others are cut off
    return _of_scales(table[free] / _LUMINANCE[free]) if free.any() else 1


def quality_of_steps(
    steps: npt.NDArray[np.float64], rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> int:
    """The quality, 1 to 100, of the steps of some frequencies.

    Args:
        steps: at least one.
        rows: of the frequencies, down, 0 to 7.
        columns: across.
    """
    return _of_scales(steps / _LUMINANCE[_ZIGZAG[rows, columns]])


def _of_scales(scales: npt.NDArray[np.float64]) -> int:
    scale = 100 * float(np.median(scales))
    quality = 5000 / scale if scale > 100 else (200 - scale) / 2
    return int(min(max(round(quality), 1), 100))
