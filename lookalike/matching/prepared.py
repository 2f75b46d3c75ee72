"""A picture made ready to be looked at beside many others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.errors import PictureFailed, UsageError
from lookalike.images.parts.views import views
from lookalike.matching.features import Features, features_of, from_bytes, to_bytes
from lookalike.matching.opencv import cv2
from lookalike.matching.view import View
from lookalike.types import Pixels

__all__ = ["SMALL", "Area", "Grey", "Kept", "Prepared", "pack", "prepare", "unpack"]

Grey: TypeAlias = npt.NDArray[np.float32]
"""(height, width): luminance in levels of 255."""

Area: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the small picture."""

SMALL = 24
"""Side of the smallest form of a picture, which whole pictures are first compared by."""

_VERSION: Final = 2  # of what is kept
_LEVELS: Final = 127  # of a value of the smallest form


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a second look needs of a picture, made once for all the others that it is laid over.

    What takes time is made when it is first asked for: most pairs that have nothing to do with each
    other are told by what is kept, and plain copies without local features, which take the most.

    Attributes:
        view: the picture.
        areas: the whole picture, then the pictures that it seems to hold within plain borders.
        small: float32 (areas, SMALL, SMALL): each of these reduced, of mean 0 and length 1; zeros
            where an area is flat.
    """

    view: View
    areas: tuple[Area, ...]
    small: npt.NDArray[np.float32]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the small picture."""
        return int(self.areas[0][2]), int(self.areas[0][3])

    @cached_property
    def grey(self) -> Grey:
        """Its luminance.

        Raises:
            PictureFailed: the preview is damaged, or not the one that the areas are of.
        """
        grey = _grey(self.view.pixels)
        if grey.shape != self.size[::-1]:
            raise PictureFailed(f"a preview of {grey.shape[1]} x {grey.shape[0]} is another one's")
        return grey

    @cached_property
    def features(self) -> Features:
        """Its local features."""
        known = self.view.features
        return known if known is not None else features_of(np.ascontiguousarray(self.view.pixels))

    @cached_property
    def directions(self) -> npt.NDArray[np.float32]:
        """Its descriptors, each of length 1, float32 (n, 128)."""
        found = self.features.descriptors.astype(np.float32)
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1)
        return found

    @property
    def is_new(self) -> bool:
        """Whether local features were made that nobody had kept."""
        return self.view.features is None and "features" in self.__dict__


class Kept(NamedTuple):
    """What :func:`pack` keeps of a picture, in the order of :class:`Prepared`."""

    features: Features
    areas: tuple[Area, ...]
    small: npt.NDArray[np.float32]


def prepare(view: View, kept: Kept | None = None) -> Prepared:
    """Make a picture ready; what costs is areas, where they aren't known, and then local features.

    Args:
        view: the picture.
        kept: as :func:`unpack` gave it.
    """
    if kept is not None and not _is_of_another(kept, view):
        return Prepared(replace(view, features=kept.features), kept.areas, kept.small)
    pixels = np.ascontiguousarray(view.pixels)
    grey = _grey(pixels)
    areas = tuple(_area(part, pixels) for part in views(pixels))
    return Prepared(view, areas, _coarse(np.stack([_small(grey, area) for area in areas])))


def pack(prepared: Prepared) -> bytes:
    """What took the most to make, to be kept: areas, these reduced, then local features."""
    rows = np.array(prepared.areas, "<u2")
    small = np.rint(prepared.small * _LEVELS / _most(prepared.small)).astype(np.int8)
    head = bytes([_VERSION, len(rows)]) + rows.tobytes()
    return b"".join((head, small.tobytes(), to_bytes(prepared.features)))


def unpack(data: bytes) -> Kept:
    """What :func:`pack` made.

    Raises:
        UsageError: it is damaged, or of another version.
    """
    if len(data) < 2 or data[0] != _VERSION or not data[1]:
        raise UsageError(f"{len(data)} bytes that nothing is known of; make them anew")
    end = 2 + 8 * data[1]
    last = end + data[1] * SMALL * SMALL
    features = from_bytes(data[last:])  # whole, so that what is before is there
    areas = np.frombuffer(data[2:end], "<u2").reshape(-1, 4).astype(np.float64).tolist()
    small = np.frombuffer(data[end:last], np.int8).reshape(-1, SMALL, SMALL)
    if not _fit(areas):
        raise UsageError("the areas of a picture are damaged; make them anew")
    return Kept(features, tuple((a, b, c, d) for a, b, c, d in areas), _unit(small))


def _is_of_another(kept: Kept, view: View) -> bool:
    """Whether what is kept is known to be of another picture; of a JPEG that shows later."""
    if isinstance(view.preview, bytes):
        return False
    return (kept.areas[0][3], kept.areas[0][2]) != view.preview.shape[:2]


def _fit(areas: Sequence[Sequence[float]]) -> bool:
    """Whether these can be areas of a picture: the first is all of it."""
    _, _, width, height = areas[0]
    return list(areas[0][:2]) == [0, 0] and all(
        0 <= left < right <= width and 0 <= top < bottom <= height
        for left, top, right, bottom in areas
    )


def _grey(pixels: Pixels) -> Grey:
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, np.float32)


def _most(small: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The largest amount of each area, (areas, 1, 1); 1 where all is 0."""
    most = np.abs(small).max(axis=(1, 2), keepdims=True)
    return np.where(most > 0, most, 1)


def _coarse(small: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """As they come back from a file, so that kept ones and new ones agree on everything."""
    return _unit(np.rint(small * _LEVELS / _most(small)).astype(np.int8))


def _unit(small: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
    """Of length 1, where there is any."""
    made = small.astype(np.float32)
    length = np.linalg.norm(made, axis=(1, 2), keepdims=True)
    return np.asarray(made / np.maximum(length, 1), np.float32)


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
