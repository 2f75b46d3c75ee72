"""Brightness, contrast and colour: how the levels of one picture become those of the other."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from lookalike.match import NamedEdit, Side
from lookalike.matching.edits_curve import curve, medians
from lookalike.matching.edits_laid import Laid, Mask, strongest
from lookalike.matching.edits_lost import lost_levels
from lookalike.matching.opencv import cv2

__all__ = ["posterised", "tone_edits"]

_TILES = 40  # along the longer side: means over tiles know little of noise, blur and compression
_LEAST_TILES = 12

# Levels of 255. What compressing and resizing does by itself stays below 2 in the mean of a tile.
_BRIGHTER: Final = 7.0
_TINTED_BRIGHTER: Final = 32.0  # a tint or a sepia makes brighter or darker by itself
_COLOUR = 9.0
_LIGHT, _DIM = 110.0, 0.6  # levels of luminance, and the least share of them that counts
_SATURATED = 3.5
_EXPLAINED = 0.65  # of a change of colours, what a factor of saturation may leave
_GREY = 2.0  # chroma that a grey picture has at most, after compression
_COLOURFUL = 5.0
_POSTERISED = 4.5
_SAW = 1.5  # levels: a tenth of what cutting off five bits does
_LEAST_PIXELS = 6000
_CONTRAST: Final = 0.12  # logarithm of the factor
_SATURATION: Final = 0.15  # likewise
_PIVOT = 50.0, 205.0  # levels that a contrast leaves as they are lie between; a brightness's do not
_FAR_PIVOT = 25.0, 240.0
_MID = 25.0
_WEIGHTS: Final = np.array([0.299, 0.587, 0.114], np.float32)  # of luminance, ITU-R BT.601


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


def tone_edits(
    laid: Laid,
    shared: Mask,
    noise: float = 0.0,
    *,
    coarse: bool = False,
    stepped: Side | None = None,
    blurred: bool = False,
) -> list[NamedEdit]:
    """Name ``grey``, ``brightness``, ``contrast`` and ``colour``.

    One curve for all channels is brightness or contrast: contrast where it leaves a level in the
    middle as it is, brightness where it moves all to one side. What no such curve explains is
    colour: another saturation, a tint, a hue, or fewer levels than there were (posterised).

    Args:
        laid: the pair.
        shared: where both are, and nothing is laid over one of them.
        noise: standard deviation in levels that one of them has more than the other. It is cut off
            at black and white, which moves the means there.
        coarse: whether one was saved so that it shows, which costs colours.
        stepped: which of them has few levels, see :func:`posterised`.
        blurred: whether one was blurred, which costs contrast that the other can't be rid of quite.

    Returns:
        Edits from the hit to the query.
    """
    query, hit = tiles(laid, shared)
    if len(query) < 2:
        return []
    edits: list[NamedEdit] = []
    grey = _grey(laid, shared, query, hit, noise)
    if grey is not None:
        edits.append(NamedEdit("grey", of=grey))
    is_posterised = grey is None and stepped is not None
    slack = (_COLOUR if coarse else 0.0) + 0.6 * noise
    tinted = grey is None and not is_posterised and _is_tinted(query, hit, slack)
    if is_posterised or tinted:
        edits.append(NamedEdit("colour", of=stepped if is_posterised else None))
    if not is_posterised:
        query, hit = query @ _WEIGHTS, hit @ _WEIGHTS
        care = 2.5 if blurred else 1.5 if noise else 1.0
        changed = _brightness(query, hit, tinted, noise, care)
        # Noise is cut off at black and white, too.
        lost = lost_levels(laid, shared) if changed and not noise else None
        edits += [replace(edit, of=lost) for edit in changed]
    return edits


def _brightness(
    query: npt.NDArray[np.float32],
    hit: npt.NDArray[np.float32],
    tinted: bool,
    noise: float,
    care: float,
) -> list[NamedEdit]:
    low, high = 6 + 1.5 * noise, 249 - 1.5 * noise
    found = curve(query, hit)
    inside = (found.at > low) & (found.at < high) & (found.to > low) & (found.to < high)
    if inside.sum() >= 3 and found.weight[inside].sum() > 0.1:
        at, to, weight = found.at[inside], found.to[inside], found.weight[inside]
    elif noise:
        return []
    else:
        at, to, weight = found.at, found.to, found.weight
    weight = weight / weight.sum()
    change = to - at
    shift = float(weight @ change)
    risen, fallen = float(weight @ np.maximum(change, 0)), float(weight @ np.maximum(-change, 0))
    mean = float(found.weight @ found.at)
    mean_at, mean_to = float(weight @ at), float(weight @ to)
    spread_at = math.sqrt(float(weight @ (at - mean_at) ** 2))
    spread_to = math.sqrt(float(weight @ (to - mean_to) ** 2))
    gain = max(spread_to, 0.5) / max(spread_at, 0.5)
    edits: list[NamedEdit] = []
    forward = found.forward
    known = min(spread_at, spread_to) > 3 or max(spread_at, spread_to) > 12
    if known and abs(math.log(gain)) > _CONTRAST * care:
        pivot = (mean_to - gain * mean_at) / (1 - gain)  # the level that stays
        balance = min(risen, fallen) / max(risen, fallen, 1e-6)
        mid_shift = mean_to + gain * (128 - mean_at) - 128
        # Some take 128 for the middle, others the picture's own mean.
        is_middle = _PIVOT[0] < pivot < _PIVOT[1] or (
            _FAR_PIVOT[0] < pivot < _FAR_PIVOT[1] and abs(pivot - mean) < 20
        )
        if is_middle or balance > 0.35:
            edits.append(NamedEdit("contrast", amount=_rounded(gain if forward else 1 / gain)))
            if is_middle or abs(shift) < _MID or abs(mid_shift) < _MID:
                return edits
    if abs(shift) > (_TINTED_BRIGHTER if tinted else _BRIGHTER) + 0.15 * noise:
        edits.append(NamedEdit("brightness", amount=round(shift if forward else -shift, 1)))
    return edits


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _chroma(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Blue and red less luminance, (n, 2); no change of luminance alone moves them."""
    return levels[:, [2, 0]] - (levels @ _WEIGHTS)[:, None]


def _is_tinted(query: npt.NDArray[np.float32], hit: npt.NDArray[np.float32], slack: float) -> bool:
    """Whether no change of brightness alone explains the colours of tiles, (n, 3).

    Args:
        query: means of tiles.
        hit: likewise.
        slack: levels by which colours may be off for other reasons.
    """
    found = curve(query, hit)
    first, second = (hit, query) if found.forward else (query, hit)
    wanted = _chroma(second)
    # A curve for each channel has to explain the luminance, too.
    made = found(first)
    off_light = np.abs((second - made) @ _WEIGHTS)
    by_channel = np.maximum(np.abs(wanted - _chroma(made)).max(axis=1), off_light)
    by_light = np.abs(wanted - _chroma(first)).max(axis=1)  # luminance alone was changed
    least = min(_upper(by_channel), _upper(by_light))
    # Colours are as strong as the light that shows them.
    light = min(max(float((second @ _WEIGHTS).mean()) / _LIGHT, _DIM), 1.0)
    if least > _COLOUR * light + slack:
        return True
    before = _chroma(first)
    slope = float((before * wanted).sum()) / max(float((before**2).sum()), 1e-3)
    left = _upper(np.abs(wanted - slope * before).max(axis=1))
    is_other = slope <= 0 or abs(math.log(slope)) > _SATURATION
    return is_other and least > _SATURATED + slack and left < _EXPLAINED * least


def _upper(values: npt.NDArray[np.float32]) -> float:
    """Of a fifth of the tiles at least: paper and black tell nothing of colours."""
    return float(np.quantile(values, 0.8))


def _grey(
    laid: Laid,
    shared: Mask,
    query: npt.NDArray[np.float32],
    hit: npt.NDArray[np.float32],
    noise: float,
) -> Side | None:
    """Which of the two is grey in every pixel, where tiles of the other have colours."""
    for side, levels, means in (("query", laid.query, hit), ("hit", laid.hit, query)):
        values = levels[shared][::5]
        chroma = strongest(values) + strongest(-values)
        if float(np.quantile(chroma, 0.97)) > _GREY:
            continue
        coloured = means.max(axis=1) - means.min(axis=1)
        if float(np.quantile(coloured, 0.9)) < _COLOURFUL + noise:
            return None
        return cast("Side", side)
    return None


def posterised(laid: Laid, shared: Mask) -> Side | None:
    """Which of the two has few levels: its curve against the other's levels is a staircase.

    A smooth curve is nearly the mean of itself over 64 levels; a staircase of steps as wide, or
    half as wide, is off it nearly everywhere. And the staircase explains what the smooth one
    doesn't.
    """
    if shared.sum() < _LEAST_PIXELS:
        return None
    step = max(1, int(shared.sum()) // 8_000)
    query, hit = laid.query[shared][::step].ravel(), laid.hit[shared][::step].ravel()
    if not (_is_staircase(hit, query) or _is_staircase(query, hit)):
        return None
    return "query" if _levels(query) < _levels(hit) else "hit"


def _levels(a: npt.NDArray[np.float32]) -> float:
    """How many spans of levels there are, each counted by how often it comes: 1 to 64."""
    shares = np.bincount(np.clip(a / 4, 0, 63).astype(np.uint8), minlength=64) / len(a)
    return 1 / float((shares**2).sum())


def _is_staircase(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> bool:
    index = np.clip(a / 4, 0, 63).astype(np.uint8)
    counts = np.bincount(index, minlength=64)
    least = max(16, len(a) // 1000)
    stairs = np.where(counts >= least, medians(index, b, counts), np.nan)
    means = np.convolve(stairs, np.array([0.5] + [1.0] * 15 + [0.5]) / 16, "same")
    means[:8] = means[56:] = np.nan  # the window reaches beyond the ends
    off = np.abs(stairs - means)
    known = ~np.isnan(off)
    if known.sum() < 6:
        return False
    if _is_saw(stairs, means):
        return True
    if float(np.median(off[known])) < _POSTERISED:
        return False
    inside = known[index]
    with_stairs = np.abs(b[inside] - stairs[index[inside]])
    with_means = np.abs(b[inside] - means[index[inside]])
    return float(np.median(with_stairs)) < 0.6 * float(np.median(with_means))


def _is_saw(stairs: npt.NDArray[np.float64], means: npt.NDArray[np.float64]) -> bool:
    """Whether a curve goes down within each 32 or 64 levels, as bits that were cut off make it.

    Resampling smooths the stairs of a picture with much detail, but their places stay.
    """
    known = ~np.isnan(stairs - means)
    if known.sum() < 24:
        return False
    off = (stairs - means)[known]
    at = 4 * np.flatnonzero(known) + 2
    for bits in (32, 64):
        saw = (at % bits) / bits - 0.5
        size = float(saw @ off) / float(saw @ saw)
        rest = off - size * saw
        if size < -2 * _SAW and float(rest @ rest) < 0.5 * float(off @ off):
            return True
    return False
