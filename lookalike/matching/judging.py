"""Whether two pictures that lie over each other show the same."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lookalike.matching.comparison import Tiles

__all__ = ["Judgement", "judged"]

_Mask = npt.NDArray[np.bool_]

_COVERED = 0.5  # of a tile
_STRUCTURE, _FINE_STRUCTURE = 4.0, 2.0  # levels: what compression alone makes stays below
_STRONG = 20.0  # levels from which on structure counts no more
_AGREES = 0.6
_LEAST_TILES, _LEAST_FINE = 10, 10
_LEAST_SHARE = 0.8
_LEAST_MEDIAN = 0.75
_LEAST_FINER = 0.45
# With something laid over one of them: how much of the tiles, and how well the rest agrees.
_MOST_OVERLAY = 0.3
_LEAST_SHARE_OF_REST = 0.92


@dataclass(frozen=True, slots=True)
class Judgement:
    """What tiles say together.

    Attributes:
        same: whether both show the same.
        agreement: share of structure in tiles that agree, 0 to 1.
        overlaid: whether a part of them disagrees as if something was laid over one picture.
        clean: whether hardly anything disagrees.
    """

    same: bool
    agreement: float
    overlaid: bool = False
    clean: bool = False


def judged(found: Tiles) -> Judgement:
    """Judge by the share of structured tiles that agree, with what little says nothing left out."""
    first, second = found.first * found.gain**0.5, found.second * found.gain**-0.5
    covered = found.shared > _COVERED
    strength = np.maximum(first, second)
    told = covered & (strength > _STRUCTURE) & ~found.cut_off
    fine = (
        covered
        & ~found.cut_off
        & (
            np.maximum(found.finer_first * found.gain**0.5, found.finer_second * found.gain**-0.5)
            > _FINE_STRUCTURE
        )
    )
    if told.sum() < _LEAST_TILES or fine.sum() < _LEAST_FINE:
        return Judgement(False, 0.0)
    weights = np.minimum(strength, _STRONG) * told
    agrees = told & (found.correlation > _AGREES)
    agreement = float(weights[agrees].sum() / weights.sum())
    middle = float(np.median(found.correlation[told]))
    finer = float(np.median(found.finer[fine]))
    if middle < _LEAST_MEDIAN or finer < _LEAST_FINER:
        return Judgement(False, agreement)
    against = told & ~agrees
    if agreement >= _LEAST_SHARE:
        return Judgement(True, agreement, bool(against.any()), agreement > 0.97)
    region = _largest(against)
    if region.sum() <= _MOST_OVERLAY * covered.sum():
        rest = weights * ~region
        of_rest = float(weights[agrees & ~region].sum() / max(float(rest.sum()), 1e-6))
        if of_rest >= _LEAST_SHARE_OF_REST:
            return Judgement(True, agreement, True)
    return Judgement(False, agreement)


def _largest(tiles: _Mask) -> _Mask:
    """The largest region of tiles that touch."""
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(
        tiles.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return np.zeros_like(tiles)
    return np.asarray(labels == 1 + int(sizes[1:, cv2.CC_STAT_AREA].argmax()))
