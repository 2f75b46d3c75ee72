"""Local features of a small picture, and their form in a file."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError
from lookalike.matching.opencv import cv2
from lookalike.types import Pixels

__all__ = [
    "MIRRORED",
    "MOST_FEATURES",
    "Features",
    "features_of",
    "from_bytes",
    "mirrored_points",
    "no_features",
    "to_bytes",
]

MOST_FEATURES = 256
"""A picture has at most as many; what it costs: 70 bytes each in a file."""

_CELLS = 8  # each side: features are kept from all over the picture
_AT_ONCE = 2  # of a cell, before other cells get their turn
_CONTRAST = 0.02  # half of Lowe's: a preview has few strong features
# OpenCV counts from the middle of the first pixel, but for a quarter that doubling it adds.
_TO_EDGE = 0.25
_LEVELS = 16  # of a value of a descriptor in a file
_STEP = 8  # between them: values over 120 are rare in 128 that have a norm of 512
_MAGIC: Final = b"LF1\0"
_HEAD: Final = len(_MAGIC) + 4 + 2  # then a checksum and how many there are
_POINT: Final = (
    6  # bytes: x and y in 1/128 of a pixel, scale in 1/16 of an octave, angle in 1/256 turns
)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Local features.

    Attributes:
        points: float32 (n, 4): x and y in pixels of the small picture, from its upper left corner,
            so that the middle of the first pixel is at (0.5, 0.5); scale; angle in degrees.
        descriptors: uint8 (n, 128): the square roots of SIFT's (R. Arandjelovic and A. Zisserman,
            "Three things everyone should know to improve object retrieval", 2012).
    """

    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.uint8]


def features_of(pixels: Pixels) -> Features:
    """Find local features.

    The method is SIFT (D. Lowe, "Distinctive image features from scale-invariant keypoints", 2004).

    Those with the strongest response are kept, at most :data:`MOST_FEATURES`, but from every part
    of the picture, so that a crop of it still has some.

    Args:
        pixels: of a preview, RGB, uint8 (height, width, 3).
    """
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    if min(grey.shape) < 8:
        return no_features()
    sift = cv2.SIFT.create(contrastThreshold=_CONTRAST)
    found, raw = sift.detectAndCompute(grey, None)
    if not found:
        return no_features()
    rows = np.array([(*k.pt, k.size, k.angle, k.response) for k in found], np.float32)
    rows[:, :2] += _TO_EDGE
    kept = _spread(rows, grey.shape[1], grey.shape[0])
    return _coarse(Features(rows[kept, :4], _roots(np.asarray(raw[kept], np.float32))))


def _spread(rows: npt.NDArray[np.float32], width: int, height: int) -> list[int]:
    """Which to keep: the strongest of each cell first, and so on; in a fixed order."""
    order = np.lexsort((rows[:, 3], rows[:, 2], rows[:, 1], rows[:, 0], -rows[:, 4]))
    cells = [
        min(int(_CELLS * y / height), _CELLS - 1) * _CELLS
        + min(int(_CELLS * x / width), _CELLS - 1)
        for x, y in rows[order, :2].tolist()
    ]
    seen = [0] * (_CELLS * _CELLS)
    turns = []
    for place, cell in enumerate(cells):
        turns.append((seen[cell] // _AT_ONCE, place))
        seen[cell] += 1
    turns.sort()
    return [int(order[place]) for _, place in turns[:MOST_FEATURES]]


def _roots(raw: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """The square root of each value's share, times 512."""
    shares = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.minimum(np.rint(512 * np.sqrt(shares)), 255), np.uint8)


def _coarse(features: Features) -> Features:
    """As they come back from a file, so that kept ones and new ones agree on everything."""
    return from_bytes(to_bytes(features))


def no_features() -> Features:
    """Those of a picture that has none."""
    return Features(np.empty((0, 4), np.float32), np.empty((0, 128), np.uint8))


# A descriptor is 4 x 4 cells of 8 orientations in the frame of its own angle: rows run across it.
MIRRORED: Final = np.array(
    [
        (3 - row) * 32 + column * 8 + (8 - turn) % 8
        for row in range(4)
        for column in range(4)
        for turn in range(8)
    ]
)
"""The order of a descriptor's values in which they describe the mirror image."""


def mirrored_points(points: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float32]:
    """Where features are in the picture's mirror image, left and right exchanged.

    Args:
        points: of :class:`Features`.
        width: of the small picture, in pixels.
    """
    made = points.copy()
    made[:, 0] = width - made[:, 0]
    made[:, 3] = (180 - made[:, 3]) % 360
    return made


def to_bytes(features: Features) -> bytes:
    """The form of a file: six bytes for where a feature is, 64 for what it looks like."""
    points = features.points
    packed = np.empty((len(points), _POINT + 64), np.uint8)
    places = np.clip(np.rint(points[:, :2] * 128), 0, 65535).astype("<u2")
    packed[:, :4] = places.view(np.uint8).reshape(-1, 4)
    packed[:, 4] = np.clip(np.rint(16 * np.log2(np.maximum(points[:, 2], 1))), 0, 255)
    packed[:, 5] = np.rint(points[:, 3] / 360 * 256).astype(np.int64) % 256
    levels = np.minimum((features.descriptors.astype(np.uint16) + _STEP // 2) // _STEP, _LEVELS - 1)
    packed[:, _POINT:] = (levels[:, ::2] << 4) | levels[:, 1::2]
    body = packed.tobytes()
    return (
        _MAGIC + zlib.crc32(body).to_bytes(4, "little") + len(points).to_bytes(2, "little") + body
    )


def from_bytes(data: bytes) -> Features:
    """The features of a file.

    Raises:
        UsageError: they are damaged, or of another version.
    """
    body = data[_HEAD:]
    count = int.from_bytes(data[_HEAD - 2 : _HEAD], "little")
    if (
        len(data) < _HEAD
        or data[:4] != _MAGIC
        or len(body) != count * (_POINT + 64)
        or count > MOST_FEATURES
    ):
        raise UsageError(f"{len(data)} bytes that are no local features; make them anew")
    if zlib.crc32(body) != int.from_bytes(data[4:8], "little"):
        raise UsageError("the local features are damaged; make them anew")
    packed = np.frombuffer(body, np.uint8).reshape(count, _POINT + 64)
    points = np.empty((count, 4), np.float32)
    points[:, :2] = packed[:, :4].copy().view("<u2") / 128
    points[:, 2] = np.exp2(packed[:, 4] / 16)
    points[:, 3] = packed[:, 5] * (360 / 256)
    levels = np.empty((count, 128), np.uint8)
    levels[:, ::2] = packed[:, _POINT:] >> 4
    levels[:, 1::2] = packed[:, _POINT:] & 15
    return Features(points, levels * np.uint8(_STEP))
