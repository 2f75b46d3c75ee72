"""Codes of the pictures that pictures hold, as bytes in a store and as arrays to be searched.

Of each view: the quality (one byte, 255 where the encoder says none), where it is (left, top,
right, bottom as 65,535ths of the sides, little-endian, two bytes each), its code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words, bytes_for, to_words
from lookalike.images.parts.views import MOST_HELD
from lookalike.road import ViewCodes
from lookalike.types import ContentId

__all__ = ["ViewRows", "fault_of_views", "pack", "unpack"]

_UNITS = 65_535
_NONE = 255
_HEAD = 9  # bytes before the code


@dataclass(frozen=True, slots=True, eq=False)
class ViewRows:
    """The codes of all views that an encoder made, by content and by their place within it.

    Attributes:
        contents: that hold them, ascending, int64 (n,).
        boxes: left, top, right, bottom as shares of the sides, float64 (n, 4).
        quality: uint8 (n,), 100 where the encoder doesn't say.
        words: codes padded to 64-bit words, uint64 (n, words).
    """

    contents: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.float64]
    quality: npt.NDArray[np.uint8]
    words: Words


def pack(views: ViewCodes) -> bytes:
    """The views of one content as a store keeps them; no bytes where it has none."""
    if not views.boxes:
        return b""
    units = np.rint(np.array(views.boxes, np.float64) * _UNITS).astype("<u2")
    quality = np.full(len(units), _NONE, np.uint8) if views.quality is None else views.quality
    boxes = units.view(np.uint8).reshape(-1, 8)
    return np.concatenate([quality[:, None], boxes, views.codes], axis=1).tobytes()


def unpack(packed: Iterable[tuple[ContentId, bytes]], bits: int) -> ViewRows:
    """The views of many contents, ascending, as arrays."""
    size = _HEAD + bytes_for(bits)
    contents: list[int] = []
    rows: list[bytes] = []
    for content, views in packed:
        contents.append(content)
        rows.append(views)
    counts = [len(views) // size for views in rows]
    flat = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, size)
    boxes = np.ascontiguousarray(flat[:, 1:_HEAD]).view("<u2") / _UNITS
    quality = np.where(flat[:, 0] == _NONE, 100, flat[:, 0]).astype(np.uint8)
    words = to_words(np.ascontiguousarray(flat[:, _HEAD:]))
    return ViewRows(np.repeat(np.array(contents, np.int64), counts), boxes, quality, words)


def fault_of_views(views: object, bits: int) -> str | None:
    """What is wrong with the packed views of a content; ``None`` if nothing is."""
    size = _HEAD + bytes_for(bits)
    if not isinstance(views, bytes) or len(views) % size or len(views) > MOST_HELD * size:
        return "codes of views of the wrong size"
    if not views:
        return None
    flat = np.frombuffer(views, np.uint8).reshape(-1, size)
    if (flat[:, -1] & ((1 << -bits % 8) - 1)).any():
        return "codes of views with bits behind their end"
    if ((flat[:, 0] > 100) & (flat[:, 0] != _NONE)).any():
        return "qualities of views beyond 0 to 100"
    units = np.ascontiguousarray(flat[:, 1:_HEAD]).view("<u2")
    if (units[:, :2] >= units[:, 2:]).any():
        return "views without an area"
    return None
