"""A part of a picture as the picture to look for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lookalike.errors import UsageError
from lookalike.images.fitting import target_size
from lookalike.road import FULL_SIZE, Picture, Road
from lookalike.types import InputSpec, Part, Pixels

__all__ = ["LONGEST", "Region", "check_part", "part_size", "region"]

LONGEST = 4096
"""Pixels of a part's longer side, at most; a larger part is made smaller, which no code notices."""

_PART = "part"


class Region(NamedTuple):
    """What a part of a picture shows.

    Attributes:
        pixels: of it, upright, neither side longer than :data:`LONGEST`.
        size: its width and height in pixels, in the picture at full size.
        digest: SHA-256 of the whole picture's bytes.
    """

    pixels: Pixels
    size: tuple[int, int]
    digest: bytes


def region(road: Road[Any], picture: Picture, part: Part) -> Region:
    """Cut a part out of a picture, at the size that it has there.

    Decoding may make a picture smaller, but no smaller than the part needs: its codes are those
    that a file of the part alone would get.

    Args:
        road: that decodes.
        picture: to cut it out of.
        part: as shares of the picture's sides.

    Raises:
        PictureError: the picture can't be read.
    """
    decoded = road.picture(picture, more={_PART: InputSpec(LONGEST, "within", "lanczos", part)})
    size = part_size((decoded.width, decoded.height), part)
    return Region(decoded.inputs[_PART], size, decoded.content_digest)


def part_size(size: tuple[int, int], part: Part) -> tuple[int, int]:
    """Width and height in pixels of a part of a picture of some size."""
    return target_size(size, InputSpec(FULL_SIZE.size, "within", part=part))


def check_part(value: Any) -> Part | None:
    """A part of a picture, or none.

    Raises:
        UsageError: not four shares of the sides with left before right and top above bottom.
    """
    if value is None:
        return None
    told = (
        "a part is (left, top, right, bottom) as shares of the picture's sides, 0 <= left < right"
        f" <= 1 and 0 <= top < bottom <= 1, not {value!r}"
    )
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise UsageError(told)
    sides = list(value)
    real = int | float | np.integer | np.floating
    if len(sides) != 4 or not all(isinstance(s, real) and not isinstance(s, bool) for s in sides):
        raise UsageError(told)
    left, top, right, bottom = (min(max(s, -1), 2) for s in sides)  # whatever its size
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise UsageError(told)
    return float(left), float(top), float(right), float(bottom)
