"""Brightness, contrast and colour: how the levels of one picture become those of the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.match import NamedEdit, Side
from lookalike.matching.edits_laid import Laid, Mask

__all__ = ["Curve", "curve", "tone_edits"]

_TILES = 40  # along the longer side: means over tiles know little of noise, blur and compression
_LEAST_TILES = 12

# Levels of 255. What compressing and resizing does by itself stays below 2 in the mean of a tile.
_BRIGHTER: Final = 7.0
_TINTED_BRIGHTER: Final = 18.0  # a tint or a sepia makes brighter or darker by itself
_COLOUR = 5.0
_SATURATED = 2.5
_GREY = 2.0  # chroma that a grey picture has at most, after compression
_COLOURFUL = 5.0
_POSTERISED = 4.5
_CONTRAST: Final = 0.12  # logarithm of the factor
_SATURATION: Final = 0.15  # likewise
_PIVOT = 50.0, 205.0  # levels that a contrast leaves as they are lie between; a brightness's do not
_MID = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How levels of one picture become levels of the other: the same for all three channels.

    Attributes:
        forward: whether it leads from the hit to the query, where it says more, else back.
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
        found = np.interp(levels, self.at, self.to)
        found += np.minimum(levels - self.at[0], 0) + np.maximum(levels - self.at[-1], 0)
        return np.clip(found, 0, 255).astype(np.float32)


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
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32], forward: bool, most: int = 32
) -> Curve:
    """Medians of the second picture where the first has levels of one of some equal shares."""
    a, b = first.ravel(), second.ravel()
    order = np.argsort(a, kind="stable")
    bins = np.array_split(order, max(2, min(most, len(a) // 12)))
    at = np.array([a[some].mean() for some in bins], np.float64)
    to = np.array([np.median(b[some]) for some in bins], np.float64)
    weight = np.array([len(some) for some in bins], np.float64) / len(a)
    keep = np.concatenate([[True], np.diff(at) > 0.5])
    found = Curve(forward, at[keep], to[keep], weight[keep] / weight[keep].sum(), 0.0)
    spread = float(np.median(np.abs(b - found(a))))
    return Curve(forward, found.at, found.to, found.weight, spread)


def tiles(laid: Laid, shared: Mask) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Means over tiles of both pictures, float32 (n, 3), where both are."""
    height, width = shared.shape
    longer = max(height, width)
    count = max(_LEAST_TILES, min(_TILES, longer // 3))
    size = max(1, round(width * count / longer)), max(1, round(height * count / longer))
    weight = shared.astype(np.float32)
    whole = cv2.resize(weight, size, interpolation=cv2.INTER_AREA).reshape(-1)
    keep = whole > 0.7
    if keep.sum() < _LEAST_TILES:
        keep = whole >= np.sort(whole)[-_LEAST_TILES]
    means = []
    for levels in (laid.query, laid.hit):
        summed = cv2.resize(levels * weight[..., None], size, interpolation=cv2.INTER_AREA)
        mean = summed.reshape(-1, 3)[keep] / np.maximum(whole[keep, None], 1e-3)
        means.append(np.asarray(mean, np.float32))
    return means[0], means[1]


def tone_edits(laid: Laid, shared: Mask, noise: float = 0.0) -> list[NamedEdit]:
    """Name ``grey``, ``brightness``, ``contrast`` and ``colour``.

    One curve for all channels is brightness or contrast: contrast where it leaves a level in the
    middle as it is, brightness where it moves all to one side. What no such curve explains is
    colour: another saturation, a tint, a hue, or fewer levels than there were (posterised).

    Args:
        laid: the pair.
        shared: where both are, and nothing is laid over one of them.
        noise: standard deviation in levels that one of them has more than the other. It is cut off
            at black and white, which moves the means there.

    Returns:
        Edits from the hit to the query.
    """
    query, hit = tiles(laid, shared)
    if len(query) < 2:
        return []
    edits: list[NamedEdit] = []
    grey = _grey(laid, shared)
    if grey is not None:
        edits.append(NamedEdit("grey", of=grey))
    is_posterised = grey is None and posterised(laid, shared)
    tinted = grey is None and not is_posterised and _is_tinted(query, hit)
    if is_posterised or tinted:
        edits.append(NamedEdit("colour"))
    if not is_posterised:
        weights = np.array([0.299, 0.587, 0.114], np.float32)
        if grey is not None or tinted:
            query, hit = query @ weights, hit @ weights
        edits += _brightness(query, hit, tinted, noise)
    return edits


def _brightness(
    query: npt.NDArray[np.float32], hit: npt.NDArray[np.float32], tinted: bool, noise: float
) -> list[NamedEdit]:
    low, high = 6 + 1.5 * noise, 249 - 1.5 * noise
    found = curve(query, hit)
    inside = (found.at > low) & (found.at < high) & (found.to > low) & (found.to < high)
    if inside.sum() >= 3:
        at, to, weight = found.at[inside], found.to[inside], found.weight[inside]
    elif noise:
        return []
    else:
        at, to, weight = found.at, found.to, found.weight
    weight = weight / weight.sum()
    change = to - at
    shift = float(weight @ change)
    risen, fallen = float(weight @ np.maximum(change, 0)), float(weight @ np.maximum(-change, 0))
    mean_at, mean_to = float(weight @ at), float(weight @ to)
    spread_at = math.sqrt(float(weight @ (at - mean_at) ** 2))
    spread_to = math.sqrt(float(weight @ (to - mean_to) ** 2))
    gain = max(spread_to, 0.5) / max(spread_at, 0.5)
    edits: list[NamedEdit] = []
    forward = found.forward
    known = min(spread_at, spread_to) > 3 or max(spread_at, spread_to) > 12
    if known and abs(math.log(gain)) > _CONTRAST * (1.5 if noise else 1):
        pivot = (mean_to - gain * mean_at) / (1 - gain)  # the level that stays
        balance = min(risen, fallen) / max(risen, fallen, 1e-6)
        mid_shift = mean_to + gain * (128 - mean_at) - 128
        if _PIVOT[0] < pivot < _PIVOT[1] or balance > 0.35:
            edits.append(NamedEdit("contrast", amount=_three(gain if forward else 1 / gain)))
            if abs(shift) < _MID or abs(mid_shift) < _MID:
                return edits
    if abs(shift) > (_TINTED_BRIGHTER if tinted else _BRIGHTER) + 0.15 * noise:
        edits.append(NamedEdit("brightness", amount=round(shift if forward else -shift, 1)))
    return edits


def _three(value: float) -> float:
    return float(f"{value:.3g}")


def _chroma(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Blue and red less luminance, (n, 2); no change of luminance alone moves them."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return levels[:, [2, 0]] - (levels @ weights)[:, None]


def _is_tinted(query: npt.NDArray[np.float32], hit: npt.NDArray[np.float32]) -> bool:
    """Whether no change of brightness alone explains the colours of tiles, (n, 3)."""
    found = curve(query, hit)
    first, second = (hit, query) if found.forward else (query, hit)
    wanted = _chroma(second)
    by_channel = _chroma(found(first))  # as a curve for each channel leaves it
    by_light = _chroma(first)  # as a change of luminance alone does
    offs = []
    for made in (by_channel, by_light):
        off = np.abs(wanted - made).max(axis=1)
        lengths = float(np.sqrt((made**2).sum())), float((made * wanted).sum())
        slope = lengths[1] / max(lengths[0] ** 2, 1e-3)
        rest = float(np.median(np.abs(wanted - slope * made).max(axis=1)))
        offs.append((float(np.median(off)), slope, rest, lengths[0] / math.sqrt(len(made))))
    off, slope, rest, length = min(offs)
    if off > _COLOUR:
        return True
    saturated = slope <= 0 or abs(math.log(slope)) > _SATURATION
    return saturated and off > _SATURATED and length > 4 and rest < 0.7 * off


def _grey(laid: Laid, shared: Mask) -> Side | None:
    """Which of the two is grey, where the other isn't."""
    chroma = []
    for levels in (laid.query, laid.hit):
        values = levels[shared]
        chroma.append(values.max(axis=1) - values.min(axis=1))
    ends = [float(np.quantile(values, 0.98)) for values in chroma]
    if min(ends) > _GREY or max(ends) < _COLOURFUL:
        return None
    return "query" if ends[0] < ends[1] else "hit"


def posterised(laid: Laid, shared: Mask) -> bool:
    """Whether one of the two has few levels: its curve against the other's levels is a staircase.

    A smooth curve is nearly the mean of itself over 64 levels; a staircase of steps as wide, or
    half as wide, is off it nearly everywhere.
    """
    worst = 0.0
    for first, second in ((laid.hit, laid.query), (laid.query, laid.hit)):
        a, b = first[shared].ravel(), second[shared].ravel()
        index = np.clip(a / 4, 0, 63).astype(np.int64)
        order = np.argsort(index, kind="stable")
        counts = np.bincount(index, minlength=64)
        ends = np.cumsum(counts)
        steps = np.full(64, np.nan)
        for level in range(64):
            if counts[level] >= max(20, 0.002 * len(a)):
                steps[level] = np.median(b[order[ends[level] - counts[level] : ends[level]]])
        known = ~np.isnan(steps)
        if known.sum() < 12:
            continue
        offs = [
            abs(steps[level] - np.mean(steps[level - 8 : level + 8]))
            for level in range(8, 56)
            if known[level - 8 : level + 8].all()
        ]
        if len(offs) >= 8:
            worst = max(worst, float(np.median(offs)))
    return worst > _POSTERISED
