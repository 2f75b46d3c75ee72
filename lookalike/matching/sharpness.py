"""How sharp, and how noisy, a picture is beside another one; and one made as the other is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lookalike.matching.frames import Frame, smooth
from lookalike.matching.opencv import cv2
from lookalike.matching.prepared import Grey
from lookalike.matching.sums import dot

__all__ = ["as_sharp", "directions", "is_noisy"]

_Mask = npt.NDArray[np.bool_]

_TILE = 12  # pixels
_SMOOTHEST = 0.2  # of the tiles
_NOISE = 3.0  # levels there that the other picture has not
_STRONGEST_BLUR, _WEAKEST_BLUR = 8.0, 0.3  # standard deviations in pixels
_TRIES = 5


def is_noisy(laid: Frame) -> bool:
    """Whether one of two pictures has noise where the other is smooth.

    Structure is somewhere; noise is everywhere, also in the smoothest places.
    """
    first, second = _roughness(laid.first), _roughness(laid.second)
    return abs(first - second) > _NOISE


def _roughness(levels: Grey) -> float:
    """Levels of the finest detail in the smoothest places."""
    height, width = levels.shape
    rest = levels - smooth(levels, 1.0)
    size = (max(1, width // _TILE), max(1, height // _TILE))
    energy = np.asarray(cv2.resize(rest * rest, size, interpolation=cv2.INTER_AREA), np.float64)
    return math.sqrt(max(float(np.quantile(energy, _SMOOTHEST)), 0.0))


def as_sharp(a: Grey, b: Grey, inside: _Mask) -> tuple[Grey, Grey]:
    """Both as sharp as the less sharp of the two."""
    one, two = _sharpness(a, inside), _sharpness(b, inside)
    if min(one, two) <= 0:
        return a, b
    if one > two:
        return _softened(a, inside, two), b
    return a, _softened(b, inside, one)


def directions(levels: Grey, inside: _Mask) -> float:
    """Share of the energy of edges that runs across their main direction, 0 to 1."""
    across, down = _slopes(levels, inside)
    if not len(across):
        return 0.0
    xx, yy, xy = dot(across, across), dot(down, down), dot(across, down)
    apart = math.hypot(xx - yy, 2 * xy)
    return max(xx + yy - apart, 0.0) / max(xx + yy + apart, 1e-6)


def _slopes(levels: Grey, inside: _Mask) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Differences between neighbours to the right and below."""
    here = inside[:-1, :-1] & inside[1:, :-1] & inside[:-1, 1:]
    return np.diff(levels, axis=1)[:-1][here], np.diff(levels, axis=0)[:, :-1][here]


def _sharpness(levels: Grey, inside: _Mask) -> float:
    """Energy of differences between neighbours, as a share of that of the levels."""
    across, down = _slopes(levels, inside)
    if not len(across):
        return 0.0
    energy = (dot(across, across) + dot(down, down)) / len(across)
    return energy / max(float(levels[inside].var()), 1e-3)


def _softened(levels: Grey, inside: _Mask, target: float) -> Grey:
    """Blurred until it is as sharp as that."""
    low, high, found = _WEAKEST_BLUR, _STRONGEST_BLUR, levels
    if _sharpness(levels, inside) < 1.15 * target:
        return levels
    for _ in range(_TRIES):
        sigma = math.sqrt(low * high)
        trial = smooth(levels, sigma)
        if _sharpness(trial, inside) > target:
            low, found = sigma, trial
        else:
            high = sigma
    return found
