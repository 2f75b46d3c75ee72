"""Blur and noise: fine detail that one of two pictures lacks, or has of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.match import NamedEdit, Side
from lookalike.matching.edits_laid import Grey, Mask
from lookalike.matching.opencv import cv2
from lookalike.matching.sums import dot

__all__ = ["Detail", "detail", "noise", "smooth"]

# Standard deviations of Gaussians, in pixels.
_SIGMAS: Final = tuple(0.6 * 2 ** (step / 3) for step in range(12))
# Two ways of reducing a picture differ by less, and so do two sets of previews.
_BLURRED = 1.2
_EXPLAINED = 0.82  # of the difference, what the Gaussian may leave
_ALIKE = 0.4  # levels by which two differ in the mean, too little to be explained
_WHITE = 0.5
_TILE = 8
# Levels near black and white are cut off, and with them half of the noise.
_DARKEST, _LIGHTEST = 25.0, 230.0
_NOISE = 2.5  # levels in the highest octave, in the smoothest tiles
_FLOOR = 1.1  # factor of what is in those tiles anyway
_SHARPER = 1.08
_FOLLOWS: Final = (0.38, 0.8)
_EVEN = 0.45
_SMALL = 150  # pixels


@dataclass(frozen=True, slots=True)
class Detail:
    """What the fine detail of two pictures says.

    Attributes:
        edit: ``blur`` or ``noise``, from the hit to the query; ``None`` for neither.
        sigma: in pixels, of the Gaussian that makes the one of the other; 0 for none.
        sharper: which of the two that Gaussian has to be applied to.
        noise: standard deviation in levels that one of them has more; 0 for none.
    """

    edit: NamedEdit | None = None
    sigma: float = 0.0
    sharper: Side = "hit"
    noise: float = 0.0


def smooth(levels: Grey, sigma: float) -> Grey:
    """A Gaussian blur; of RGB, too."""
    if sigma <= 0:
        return levels
    return np.asarray(cv2.GaussianBlur(levels, (0, 0), sigma), np.float32)


def detail(query: Grey, hit: Grey, shared: Mask, *, resized: bool = False) -> Detail:
    """Name ``blur`` or ``noise``.

    A blur is a Gaussian that makes the one picture of the other and leaves little of the
    difference. Noise is what one has in its highest octave, beyond what the other has there, as
    much in the smoothest places as elsewhere.

    Args:
        query: luminance.
        hit: likewise, of the same size, its levels brought to the query's tone.
        shared: where both are.
        resized: whether one of the files was made of the other in another size. It lacks then, or
            has, as much of its own as a little noise.
    """
    found = _blur(query, hit, shared) or noise(query, hit, shared, resized=resized)
    return found or Detail()


def _blur(query: Grey, hit: Grey, shared: Mask) -> Detail | None:
    inner = _inner(shared)
    before = _error(query - hit, inner)
    if before < _ALIKE:
        return None
    tops = [float(np.abs((some - smooth(some, 1.0))[inner]).mean()) for some in (query, hit)]
    side: Side = "query" if tops[0] > tops[1] else "hit"
    sharp, soft = (query, hit) if side == "query" else (hit, query)
    left, sigma = min((_error(smooth(sharp, s) - soft, inner), s) for s in _SIGMAS)
    if sigma < _BLURRED or left > _EXPLAINED * before or _whiteness(query - hit, inner) > _WHITE:
        return None
    share = sigma / min(query.shape)
    amount = float(f"{share if side == 'hit' else -share:.2g}")
    return Detail(NamedEdit("blur", amount=amount), sigma, side)


def noise(query: Grey, hit: Grey, shared: Mask, *, resized: bool = False) -> Detail | None:
    """Name ``noise`` alone; as :func:`detail`."""
    floors, tops = [], []
    middle = (smooth(query, 2) + smooth(hit, 2)) / 2
    where = shared & (middle > _DARKEST) & (middle < _LIGHTEST)
    if where.sum() < 16 * _TILE * _TILE:
        where = shared
    for levels in (query, hit):
        top = levels - smooth(levels, 1.0)
        tops.append(top)
        floors.append(float(np.quantile(_local(top, where), 0.2)))
    noisy, clean = (0, 1) if floors[0] > floors[1] else (1, 0)
    d, c = tops[noisy][where], tops[clean][where]
    # What is only sharper has the same detail, by a factor.
    factor = min(max(dot(d, c) / (dot(c, c) + 1), 1.0), 1.8)
    own = _local(tops[noisy] - factor * tops[clean], where)
    low, mid = float(np.quantile(own, 0.2)), float(np.median(own))
    # Noise of its own doesn't follow the other's detail; what does so by more than that is sharper.
    follows = _FOLLOWS[0] if factor <= _SHARPER else _FOLLOWS[1]
    is_noise = (
        floors[noisy] > _FLOOR * (floors[clean] + 0.7)
        and low > max(_NOISE, follows * floors[clean] + 1.6)
        and low > _EVEN * mid
    )
    if resized or max(query.shape) < _SMALL:
        is_noise = is_noise and low > max(2 * _NOISE, _FOLLOWS[1] * floors[clean] + 1.6)
    if not is_noise:
        return None
    amount = round(math.sqrt(max(floors[noisy] ** 2 - floors[clean] ** 2, 0)), 1)
    edit = NamedEdit("noise", amount=amount if noisy == 0 else -amount)
    return Detail(edit, noise=amount)


def _whiteness(off: Grey, inner: Mask) -> float:
    """Share of a difference's energy in its highest octave: of white noise 0.6 or more."""
    band = off - smooth(off, 8.0)
    top = (band - smooth(band, 1.0))[inner]
    return float((top**2).mean()) / max(float((band[inner] ** 2).mean()), 1e-6)


def _inner(shared: Mask) -> Mask:
    """Without what lies along the edges, where a blur sees beyond them."""
    edge = max(2, min(shared.shape) // 16)
    kernel = np.ones((2 * edge + 1, 2 * edge + 1), np.uint8)
    outside = np.pad(shared.astype(np.uint8), edge)
    inner = cv2.erode(outside, kernel)[edge:-edge, edge:-edge] > 0
    return np.asarray(inner) if inner.sum() >= 64 else shared


def _error(off: Grey, inner: Mask) -> float:
    return float(np.abs(off[inner]).mean())


def _local(off: Grey, where: Mask) -> npt.NDArray[np.float32]:
    """Deviations from 0 in tiles that mostly lie there."""
    rows, columns = off.shape[0] // _TILE, off.shape[1] // _TILE
    if not rows or not columns:
        return np.array([float(off.std())], np.float32)
    cut = (slice(0, rows * _TILE), slice(0, columns * _TILE))
    shape = rows, _TILE, columns, _TILE
    split = np.sqrt((off[cut] ** 2).reshape(shape).mean(axis=(1, 3)))
    kept = where[cut].reshape(shape).mean(axis=(1, 3)) > 0.8
    return np.asarray(split[kept] if kept.sum() > 4 else split.ravel(), np.float32)
