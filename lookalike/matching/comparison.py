"""How well two pictures agree where both are, tile by tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.matching.frames import Frame, smooth
from lookalike.matching.opencv import cv2
from lookalike.matching.prepared import Grey
from lookalike.matching.sharpness import as_sharp, directions

__all__ = ["Tiles", "evened", "tiles"]

_Map = npt.NDArray[np.float32]
EACH_SIDE = 10
_LEAST_SPREAD = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """The tiles of a frame, (rows, columns).

    Attributes:
        correlation: of both pictures in a tile, -1 to 1.
        finer: the same of what no line and no column of a tile explains.
        first: standard deviation of the first picture's levels in a tile.
        second: of the second's.
        shared: share of a tile where both are.
        side: of a tile, in pixels of the frame.
        directions: of the structure, in the picture that has the fewest: 0 if all edges run in one
            direction, 1 if they run in all alike.
        cut_off: where one of them is all black or all white, as what was made brighter is.
        gain: levels of the second picture to one of the first.
    """

    correlation: _Map
    finer: _Map
    finer_first: _Map
    finer_second: _Map
    first: _Map
    second: _Map
    shared: _Map
    side: float
    gain: float
    directions: float
    cut_off: npt.NDArray[np.bool_]


def evened(laid: Frame) -> tuple[Grey, Grey]:
    """The levels of both; the sharper or noisier one is blurred as the other is."""
    return as_sharp(smooth(laid.first, 0.8), smooth(laid.second, 0.8), laid.shared)


def tiles(laid: Frame, levels: tuple[Grey, Grey] | None = None) -> Tiles:
    """Compare two pictures.

    Args:
        laid: the two.
        levels: as :func:`evened` gives them, if they are known.
    """
    height, width = laid.first.shape
    side = float(np.clip(min(width, height) / EACH_SIDE, 8, 24))
    rows, columns = max(1, round(height / side)), max(1, round(width / side))
    a, b = evened(laid) if levels is None else levels
    ways = min(directions(a, laid.shared), directions(b, laid.shared))
    mask = laid.shared.astype(np.float32)
    size = (columns, rows)
    shared = _means(mask, size)
    inside = laid.shared
    gain = 1.0
    if inside.any():
        spread = float(a[inside].std()), float(b[inside].std())
        gain = max(spread[1], _LEAST_SPREAD) / max(spread[0], _LEAST_SPREAD)
    a, b = a * mask, b * mask
    weight: _Map = np.maximum(shared, 1e-6).astype(np.float32)
    ma: _Map = _means(a, size) / weight
    mb: _Map = _means(b, size) / weight
    va: _Map = np.maximum(_means(a * a, size) / weight - ma * ma, 0).astype(np.float32)
    vb: _Map = np.maximum(_means(b * b, size) / weight - mb * mb, 0).astype(np.float32)
    vab = _means(a * b, size) / weight - ma * mb
    correlation = vab / np.sqrt(np.maximum(va * vb, 1e-3))
    cut_off = _is_cut_off(ma, va) ^ _is_cut_off(mb, vb)
    finer, fa, fb = _finer(a, b, size)
    return Tiles(
        correlation, finer, fa, fb, np.sqrt(va), np.sqrt(vb), shared, side, gain, ways, cut_off
    )


def _is_cut_off(mean: _Map, variance: _Map) -> npt.NDArray[np.bool_]:
    return np.asarray(((mean > 250) | (mean < 5)) & (variance < 4))


def _means(levels: Grey, size: tuple[int, int]) -> _Map:
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), np.float32)


def _finer(a: Grey, b: Grey, size: tuple[int, int]) -> tuple[_Map, _Map, _Map]:
    """Correlation of tiles without what their lines and columns have in common."""
    columns, rows = size
    per = 16
    shape = (columns * per, rows * per)
    parts = []
    for levels in (a, b):
        even = cv2.resize(
            levels,
            shape,
            interpolation=cv2.INTER_AREA if levels.shape[1] >= shape[0] else cv2.INTER_LINEAR,
        )
        cut = even.reshape(rows, per, columns, per)
        cut = (
            cut
            - cut.mean(axis=1, keepdims=True)
            - cut.mean(axis=3, keepdims=True)
            + cut.mean(axis=(1, 3), keepdims=True)
        )
        parts.append(cut)
    va, vb = ((p * p).mean(axis=(1, 3)) for p in parts)
    vab = (parts[0] * parts[1]).mean(axis=(1, 3))
    return vab / np.sqrt(np.maximum(va * vb, 1e-3)), np.sqrt(va), np.sqrt(vb)
