"""Smaller versions of a TIFF picture in its file: which is used, and whether it is believed.

A smaller version is compared with a few strips or tiles of the picture itself. That finds another
crop, another half, mirrored pictures, other colours and other tones; it can't find a change that
lies in none of those strips or tiles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from lookalike.images.formats.tiff_directories import Directory, Page
from lookalike.images.formats.tiff_layout import Layout

__all__ = ["candidates", "is_of"]

Samples = npt.NDArray[Any]

_ASPECT = 0.005  # by so much of its size, and a pixel, a side may be off
_GRID = 64  # cells across and down that a smaller version is looked at for detail
_CELL = 4  # pixels of the smaller version in a cell that is compared: no filter matters there
_FAR = 8.0  # of 255: mean difference of two versions that don't show the same
_PLACES = 3  # strips or tiles that are compared


def candidates(page: Page, least: tuple[int, int]) -> list[Directory]:
    """The smaller versions that are large enough and have the picture's aspect, smallest first."""
    width, height = page.main.size
    found = []
    for one in page.smaller:
        w, h = one.size
        if w < least[0] or h < least[1] or 2 * w * h > width * height:
            continue
        scale = max(w / width, h / height)
        if abs(w - width * scale) <= 1 + w * _ASPECT and abs(h - height * scale) <= 1 + h * _ASPECT:
            found.append(one)
    return sorted(found, key=lambda one: one.size)


def is_of(smaller: Samples, layout: Layout, segment: Callable[[int], Samples]) -> bool:
    """Whether a smaller version shows what the picture shows.

    Args:
        smaller: its samples, (height, width, n).
        layout: of the picture itself.
        segment: decodes a strip or tile of the picture, (rows, columns, n).
    """
    finite = smaller[np.isfinite(smaller)] if smaller.dtype.kind == "f" else smaller
    if not finite.size:
        return False
    low, high = (float(end) for end in np.percentile(finite, (1, 99)))
    if smaller.dtype == np.uint8:
        low, high = 0.0, 255.0

    def planes(samples: Samples) -> list[Image.Image]:
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = (samples.astype(np.float32) - low) * (255 / max(high - low, 1e-30))
        scaled = np.clip(np.nan_to_num(scaled, nan=0.0), -64, 320)
        return [Image.fromarray(scaled[..., n]) for n in range(scaled.shape[2])]

    whole = planes(smaller)
    scale = smaller.shape[1] / layout.width, smaller.shape[0] / layout.height
    for numbers in _places(whole, layout, scale[1]):
        part = _joined([segment(number) for number in numbers], layout, numbers[0])
        top, left = _corner(layout, numbers[0])
        box = (
            left * scale[0],
            top * scale[1],
            min((left + part.shape[1]) * scale[0], smaller.shape[1]),
            min((top + part.shape[0]) * scale[1], smaller.shape[0]),
        )
        cells = tuple(max(1, round((box[n + 2] - box[n]) / _CELL)) for n in (0, 1))
        if part.shape[2] != len(whole):
            return False
        off = [
            np.abs(
                np.asarray(one.resize(cells, Image.Resampling.BOX, box=box))
                - np.asarray(other.resize(cells, Image.Resampling.BOX))
            ).mean()
            for one, other in zip(whole, planes(part), strict=True)
        ]
        if max(off) > _FAR:
            return False
    return True


def _corner(layout: Layout, number: int) -> tuple[int, int]:
    return number // layout.across * layout.segment[1], number % layout.across * layout.segment[0]


def _joined(parts: list[Samples], layout: Layout, first: int) -> Samples:
    """Strips below each other, or one tile, without what lies beyond the picture."""
    top, left = _corner(layout, first)
    whole = np.concatenate(parts)
    return whole[: layout.height - top, : layout.width - left]


def _places(whole: list[Image.Image], layout: Layout, scale: float) -> list[list[int]]:
    """Where to compare: where the smaller version has most detail, spread over the picture."""
    detail = _detail(whole[0])
    # Strips are joined until they are a few pixels high in the smaller version.
    joined = 1
    if not layout.tiled:
        joined = min(layout.down, max(1, round(3 * _CELL / (layout.segment[1] * scale))))
    starts = range(0, max(1, layout.across * layout.down - joined + 1), joined)
    if len(starts) > 4_096:
        starts = starts[:: len(starts) // 4_096]
    rated = []
    for number in starts:
        top, left = _corner(layout, number)
        rows = layout.segment[1] * joined
        y = slice(top * _GRID // layout.height, -(-(top + rows) * _GRID // layout.height))
        x = slice(
            left * _GRID // layout.width, -(-(left + layout.segment[0]) * _GRID // layout.width)
        )
        rated.append((float(detail[y, x].mean()), number))
    thirds = np.array_split(np.arange(len(rated)), min(_PLACES, len(rated)))
    best = [max((rated[n] for n in third), key=lambda one: one[0])[1] for third in thirds]
    return [list(range(number, number + joined)) for number in best]


def _detail(plane: Image.Image) -> Samples:
    """How much neighbours differ, in a grid over the picture."""
    small = np.asarray(plane.resize((_GRID + 1, _GRID + 1), Image.Resampling.BOX))
    across = np.abs(np.diff(small, axis=1))[:-1]
    down = np.abs(np.diff(small, axis=0))[:, :-1]
    return np.asarray(across + down)
