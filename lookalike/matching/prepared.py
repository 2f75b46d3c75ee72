"""A picture made ready to be looked at beside many others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.images.parts.views import views
from lookalike.matching.features import Features, features_of, from_bytes, to_bytes
from lookalike.matching.view import View
from lookalike.types import Pixels

__all__ = ["SMALL", "Area", "Grey", "Prepared", "pack", "prepare", "unpack"]

Grey: TypeAlias = npt.NDArray[np.float32]
"""(height, width): luminance in levels of 255."""

Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the small picture."""

SMALL = 24
"""Side of the smallest form of a picture, which whole pictures are first compared by."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What a second look needs of a picture, made once for all the others that it is laid over.

    Attributes:
        view: the picture.
        grey: its luminance.
        features: its local features.
        directions: float32 (n, 128): its descriptors, each of length 1.
        areas: the whole picture, then the pictures that it seems to hold within plain borders.
        small: float32 (areas, SMALL, SMALL): each of these reduced, of mean 0 and length 1; zeros
            where an area is flat.
    """

    view: View
    grey: Grey
    features: Features
    directions: npt.NDArray[np.float32]
    areas: tuple[Area, ...]
    small: npt.NDArray[np.float32]


def prepare(view: View, areas: Sequence[Area] | None = None) -> Prepared:
    """Make a picture ready; what costs is local features and areas, where they aren't known.

    Args:
        view: the picture, with its features if they are known.
        areas: as :func:`unpack` gave them.
    """
    pixels = np.ascontiguousarray(view.pixels)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    features = view.features if view.features is not None else features_of(pixels)
    directions = features.descriptors.astype(np.float32)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1)
    if areas is None or not _fit(areas, pixels):
        areas = tuple(_area(part, pixels) for part in views(pixels))
    small = np.stack([_small(grey, area) for area in areas])
    return Prepared(view, grey, features, directions, tuple(areas), small)


def pack(prepared: Prepared) -> bytes:
    """What took the most to make, to be kept: areas, then local features."""
    rows = np.array(prepared.areas, "<u2")
    return bytes([len(rows)]) + rows.tobytes() + to_bytes(prepared.features)


def unpack(data: bytes) -> tuple[Features, tuple[Area, ...]]:
    """What :func:`pack` made.

    Raises:
        UsageError: it is damaged, or of another version.
    """
    count = data[0] if data else 0
    end = 1 + 8 * count
    features = from_bytes(data[end:])
    rows = np.frombuffer(data[1:end], "<u2").reshape(-1, 4).astype(np.float64).tolist()
    return features, tuple((left, top, right, bottom) for left, top, right, bottom in rows)


def _fit(areas: Sequence[Area], pixels: Pixels) -> bool:
    """Whether these can be areas of a picture: the first is all of it."""
    height, width = pixels.shape[:2]
    return bool(areas) and all(
        0 <= left < right <= width and 0 <= top < bottom <= height
        for left, top, right, bottom in areas
    )


def _area(part: Pixels, whole: Pixels) -> Area:
    """Where a view of an array begins and ends in it."""
    start = part.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    top, rest = divmod(start, whole.strides[0])
    left = rest // whole.strides[1]
    return (float(left), float(top), float(left + part.shape[1]), float(top + part.shape[0]))


def _small(grey: Grey, area: Area) -> npt.NDArray[np.float32]:
    left, top, right, bottom = (int(value) for value in area)
    part = cv2.resize(grey[top:bottom, left:right], (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    part = np.asarray(part - part.mean(), np.float32)
    length = float(np.linalg.norm(part))
    return np.asarray(part / length if length > SMALL else np.zeros_like(part), np.float32)
