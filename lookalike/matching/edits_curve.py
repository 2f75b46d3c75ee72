"""How the levels of one picture become those of the other: curves, and colours by a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.matching.edits_laid import Laid, Levels, Mask, as_bytes, strongest
from lookalike.matching.opencv import cv2

__all__ = ["Curve", "Matched", "curve", "match_colours", "medians"]

_SAMPLES: Final = 6_000  # pixels that a fit looks at
_BINS = 32
_FEW = 6  # samples that tell nothing
_ROUNDS = 3
_RIDGE = 1e-3
_WORSE, _SLACK = 2.0, 0.02


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
        small = cv2.LUT(as_bytes(levels), self._table())
        return np.asarray(small, np.float32).reshape(levels.shape)

    def _table(self) -> npt.NDArray[np.float32]:
        every = np.arange(256, dtype=np.float64)
        table = np.interp(every, self.at, self.to)
        table += np.minimum(every - self.at[0], 0) + np.maximum(every - self.at[-1], 0)
        return np.clip(table, 0, 255).astype(np.float32)


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
    """Medians of the second picture where the first has levels of one of some equal spans.

    It never falls: else the levels of a sticker, which nothing else has, would explain it.
    """
    a, b = first.ravel(), second.ravel()
    index = np.minimum(a * (_BINS / 256), _BINS - 1).astype(np.uint8)
    counts = np.bincount(index, minlength=_BINS)
    least = max(1, min(_FEW, len(a) // 12))
    if (counts >= least).sum() < 2:  # one level, or as good as one
        index = np.zeros(len(a), np.uint8)
        index[np.argsort(a, kind="stable")[(len(a) + 1) // 2 :]] = 1
        counts, least = np.bincount(index, minlength=2), 1
    kept = counts >= least
    at = np.bincount(index, weights=a, minlength=len(counts))[kept] / counts[kept]
    to = medians(index, b, counts)[kept]
    weight = counts[kept].astype(np.float64)
    to = _rising(to, weight)
    found = Curve(forward, at, to, weight / weight.sum(), 0.0)
    return Curve(forward, at, to, found.weight, float(np.median(np.abs(b - found(a)))))


def medians(
    groups: npt.NDArray[np.integer],
    levels: npt.NDArray[np.float32],
    counts: npt.NDArray[np.integer],
) -> npt.NDArray[np.float64]:
    """The median of the levels of each group; of an empty one any number.

    Args:
        groups: whose each level is, (n,).
        levels: of 255, (n,).
        counts: levels of each group.
    """
    ordered = np.sort(groups * np.float64(512) + levels) % 512  # all groups by one sort
    ends = np.cumsum(counts)
    last = max(len(ordered) - 1, 0)
    low = np.clip(ends - counts + (counts - 1) // 2, 0, last)
    high = np.clip(ends - counts + counts // 2, 0, last)
    return np.asarray((ordered[low] + ordered[high]) / 2, np.float64)


def _rising(
    values: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The nearest values that never fall, by pooling neighbours that do (isotonic regression)."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, share in zip(values, weight, strict=True):
        mean, heavy, count = float(value), float(share), 1
        while pools and pools[-1][0] > mean:
            before, its, others = pools.pop()
            mean = (mean * heavy + before * its) / (heavy + its)
            heavy, count = heavy + its, count + others
        pools.append((mean, heavy, count))
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools])


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
    where = np.flatnonzero(shared)
    where = where[:: max(1, len(where) // _SAMPLES)]
    query, hit = laid.query.reshape(-1, 3)[where], laid.hit.reshape(-1, 3)[where]
    ways = [_Way(True, None, (), hit, query, hit)]
    for forward in (True, False):
        first, second = (hit, query) if forward else (query, hit)
        for matrix in (None, _matrix(first, second)):
            some = first if matrix is None else _apply(first, matrix)
            curves = tuple(_one_way(some[:, i], second[:, i], True) for i in range(3))
            ways.append(_Way(forward, matrix, curves, first, second, some))
    ways.sort(key=lambda way: way.left)
    # A rule that leaves much more explains nothing that a better one doesn't.
    return [way.applied(laid) for way in ways if way.left < _WORSE * ways[0].left + _SLACK]


class _Way:
    """A rule, and what it leaves of samples."""

    def __init__(
        self,
        forward: bool,
        matrix: npt.NDArray[np.float64] | None,
        curves: tuple[Curve, ...],
        first: npt.NDArray[np.float32],
        second: npt.NDArray[np.float32],
        some: npt.NDArray[np.float32],
    ) -> None:
        self._forward, self._matrix, self._curves = forward, matrix, curves
        made = first
        if curves:
            made = np.stack([found(some[:, i]) for i, found in enumerate(curves)], axis=1)
        off = np.abs(made - second)
        self._usual = float(np.median(strongest(off)))
        # Less is said by fewer words, which win where the others are hardly better.
        simple = 0.9 if not curves else 0.95 if matrix is None else 1.0
        self.left = simple * float(off.mean()) / (float(second.std()) + 1)

    def applied(self, laid: Laid) -> Matched:
        """The whole pair by this rule."""
        if not self._curves:
            return Matched(laid.query, laid.hit, self._usual)
        source, target = (laid.hit, laid.query) if self._forward else (laid.query, laid.hit)
        made = source if self._matrix is None else _apply(source, self._matrix)
        made = np.stack([found(made[..., i]) for i, found in enumerate(self._curves)], axis=2)
        pair = (target, made) if self._forward else (made, target)
        return Matched(*pair, self._usual)


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
        off = strongest(np.abs(samples @ matrix - wanted))
        weight = 1 / np.maximum(off, max(2.0, float(np.median(off)))) ** 2
        weight /= weight.max()
    return matrix


def _apply(levels: Levels, matrix: npt.NDArray[np.float64]) -> Levels:
    # Not by BLAS, see lookalike.matching.sums.
    across = np.column_stack([matrix[:3].T, 128 * matrix[3]])
    made = cv2.transform(levels.reshape(1, -1, 3), across).reshape(levels.shape)
    return np.asarray(np.clip(made, 0, 255), np.float32)
