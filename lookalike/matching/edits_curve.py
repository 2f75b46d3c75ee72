"""How the levels of one picture become those of the other: curves, and colours by a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.matching.edits_laid import Laid, Levels, Mask

__all__ = ["Curve", "Matched", "curve", "match_colours"]

_SAMPLES: Final = 12_000  # pixels that a fit looks at
_BINS = 32
_FEW = 10  # samples that tell nothing
_ROUNDS = 3
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How levels of one picture become levels of the other.

    Attributes:
        forward: whether it leads from the hit to the query, else back.
        at: levels of 255 that the first picture has, rising.
        to: what they become.
        weight: share of the samples at each, summing to 1.
        spread: levels by which samples are off it, in the median.
    """

    forward: bool
    at: npt.NDArray[np.float64]
    to: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]
    spread: float

    def __call__(self, levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The levels that levels become; beyond the ends as far off as at them."""
        every = np.arange(256, dtype=np.float64)
        table = np.interp(every, self.at, self.to)
        table += np.minimum(every - self.at[0], 0) + np.maximum(every - self.at[-1], 0)
        table = np.clip(table, 0, 255)
        low = np.clip(levels, 0, 254.999).astype(np.int32)
        rest = np.clip(levels, 0, 255) - low
        small = table.astype(np.float32)
        return np.asarray(small[low] + rest * (small[low + 1] - small[low]), np.float32)


def curve(query: npt.NDArray[np.float32], hit: npt.NDArray[np.float32]) -> Curve:
    """The curve between samples of two pictures, in the direction in which it says more.

    What is cut off at black or white on one side can't be got back from there.

    Args:
        query: levels, any shape.
        hit: of the same places.
    """
    forward, back = _one_way(hit, query, True), _one_way(query, hit, False)
    spread_of = float(np.std(query)) + 1, float(np.std(hit)) + 1
    return forward if forward.spread / spread_of[0] <= back.spread / spread_of[1] else back


def _one_way(
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], forward: bool
) -> Curve:
    """Medians of the second picture where the first has levels of one of some equal spans."""
    a, b = first.ravel(), second.ravel()
    index = np.clip(a * (_BINS / 256), 0, _BINS - 1).astype(np.int64)
    order = np.argsort(index, kind="stable")
    counts = np.bincount(index, minlength=_BINS)
    least = max(1, min(_FEW, len(a) // 12))
    groups = np.split(np.stack([a, b])[:, order], np.cumsum(counts)[:-1], axis=1)
    kept = [group for group in groups if group.shape[1] >= least]
    if len(kept) < 2:  # one level, or as good as one
        kept = np.array_split(np.stack([a, b])[:, np.argsort(a)], 2, axis=1)
    at = np.array([group[0].mean() for group in kept], np.float64)
    to = np.array([np.median(group[1]) for group in kept], np.float64)
    weight = np.array([group.shape[1] for group in kept], np.float64)
    found = Curve(forward, at, to, weight / weight.sum(), 0.0)
    return Curve(forward, at, to, found.weight, float(np.median(np.abs(b - found(a)))))


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Both pictures in the colours of one of them.

    Attributes:
        query: levels.
        hit: likewise.
        usual: levels by which they still differ, in the median.
    """

    query: Levels
    hit: Levels
    usual: float


def match_colours(laid: Laid, shared: Mask) -> list[Matched]:
    """Bring one of two pictures to the colours of the other, as far as one rule for all does that.

    The rules are a matrix between the channels, then a curve for each, in either direction, and
    none at all. The matrix makes the grey of the coloured, and the curve the cut off of what it
    was; there is no way back from either.

    Args:
        laid: the pair.
        shared: where both are, and nothing is laid over one of them.

    Returns:
        The one that leaves least comes first.
    """
    query, hit = laid.query[shared], laid.hit[shared]
    step = max(1, len(query) // _SAMPLES)
    ways = [(_left(query[::step], hit[::step]), _matched(laid.query, laid.hit, shared))]
    for forward in (True, False):
        source, target = (laid.hit, laid.query) if forward else (laid.query, laid.hit)
        first, second = source[shared][::step], target[shared][::step]
        matrix = _matrix(first, second)
        some = _apply(first, matrix)
        curves = [_one_way(some[:, i], second[:, i], True) for i in range(3)]
        made = _apply(source, matrix)
        made = np.stack([found(made[..., i]) for i, found in enumerate(curves)], axis=2)
        left = _left(made[shared][::step], second)
        pair = (target, made) if forward else (made, target)
        ways.append((left, _matched(*pair, shared)))
    # Saying nothing is the simplest, and wins where the others are hardly better.
    ways[0] = (0.9 * ways[0][0], ways[0][1])
    return [found for _, found in sorted(ways, key=lambda way: way[0])]


def _matched(query: Levels, hit: Levels, shared: Mask) -> Matched:
    return Matched(query, hit, float(np.median(np.abs(query - hit)[shared].max(axis=1))))


def _left(made: Levels, target: Levels) -> float:
    """Of the deviations that the target has, what is left."""
    return float(np.abs(made - target).mean()) / (float(target.std()) + 1)


def _matrix(
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """(4, 3): the channels of the second picture from those of the first and 1, robustly."""
    samples = np.column_stack([first, np.full(len(first), 128.0)]).astype(np.float64)
    wanted = second.astype(np.float64)
    weight = np.ones(len(samples))
    start = np.vstack([np.eye(3), np.zeros(3)])  # where samples tell nothing: no change
    matrix = start
    for _ in range(_ROUNDS):
        weighted = samples * weight[:, None]
        square = weighted.T @ samples + _RIDGE * len(samples) * 64 * np.eye(4)
        side = weighted.T @ wanted + _RIDGE * len(samples) * 64 * start
        matrix = np.asarray(np.linalg.solve(square, side), np.float64)
        off = np.abs(samples @ matrix - wanted).max(axis=1)
        weight = 1 / np.maximum(off, max(2.0, float(np.median(off)))) ** 2
        weight /= weight.max()
    return matrix


def _apply(levels: Levels, matrix: npt.NDArray[np.float64]) -> Levels:
    small = matrix.astype(np.float32)
    made = levels @ small[:3] + np.float32(128) * small[3]
    return np.asarray(np.clip(made, 0, 255), np.float32)
