"""Whether two pictures that lie over each other show the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.matching.comparison import Tiles
from lookalike.matching.opencv import cv2

__all__ = ["AGREES", "Judgement", "judged", "weighed"]

_Mask = npt.NDArray[np.bool_]

_COVERED = 0.5  # of a tile
# What isn't there ends alike in both, which looks like structure.
_FULL = 0.99
_STRUCTURE, _FINE_STRUCTURE = 4.0, 2.0  # levels: what compression alone makes stays below
_STRONG = 20.0  # levels from which on structure counts no more
AGREES = 0.6
_LEAST_TILES = 10
_LEAST_SHARE = 0.8
_LEAST_MEDIAN = 0.75
_LEAST_FINER = 0.45
# Of copies hardly any has less than this in half of its tiles, none also in a quarter of them: two
# shells on black, of one outline, have. Nor has any in a quarter where nearly all edges run along
# two directions: two windows of one program have, whose texts differ.
_LOW_FINER, _LEAST_QUARTER, _FEW_DIRECTIONS = 0.72, 0.2, 0.1
# Tiles that show the same fine structure, in levels that both have: gradients have none.
_EVIDENCE, _EVIDENT, _LEAST_EVIDENCE = 1.5, 0.5, 12
# Of tiles with fine structure in both, those whose lines agree and whose rest doesn't, with as
# much of it: other words in lines of the same place. Of 1,023 copies none has more than 0.12 of
# them, and that at a quarter of the size and JPEG quality 10; six pairs of windows that show other
# lists, which nothing else parts from copies, have 0.17 and more.
_LINES_ONLY, _AS_MUCH, _MOST_OTHER = 0.4, 0.5, 0.145
_LEAST_DIRECTIONS = 0.03  # two colours beside each other, or a slope, have one
# With something laid over one of them: how much of the tiles, and how well the rest
# agrees.
_MOST_OVERLAY = 0.15
_LEAST_SHARE_OF_REST = 0.93
# What agrees of all of it: on a plain ground, things of one outline agree along that alone.
_LEAST_SHARE_WITH_OVERLAY = 0.7
_HOPELESS = 0.35


@dataclass(frozen=True, slots=True)
class Judgement:
    """What tiles say together.

    Attributes:
        same: whether both show the same.
        agreement: share of structure in tiles that agree, 0 to 1.
        score: mean correlation of the tiles, by structure, -1 to 1.
        hopeless: whether no finer look would change the outcome.
    """

    same: bool
    agreement: float = 0.0
    score: float = 0.0
    hopeless: bool = False


def judged(found: Tiles) -> Judgement:
    """Judge by the share of structured tiles that agree, with what little says nothing left out.

    Lines of text, edges of windows and smooth shades agree wherever they come from, so what the
    lines and the columns of a tile don't explain has to agree, too, and there has to be some.
    """
    fine_first = found.finer_first * found.gain**0.5
    fine_second = found.finer_second * found.gain**-0.5
    covered, full = found.shared > _COVERED, found.shared > _FULL
    weights = weighed(found)
    told = weights > 0
    fine = full & (np.maximum(fine_first, fine_second) > _FINE_STRUCTURE) & ~found.cut_off
    if told.sum() < _LEAST_TILES:
        return Judgement(False)
    agrees = told & (found.correlation > AGREES)
    agreement = float(weights[agrees].sum() / weights.sum())
    score = float((weights * found.correlation).sum() / weights.sum())
    hopeless = max(agreement, score) < _HOPELESS
    both = np.minimum(found.finer_first, found.finer_second)
    evidence = full & (both > _EVIDENCE) & (found.finer > _EVIDENT)
    middle = float(np.median(found.correlation[told]))
    finer = float(np.median(found.finer[fine])) if fine.any() else 0.0
    little = evidence.sum() < _LEAST_EVIDENCE or found.directions < _LEAST_DIRECTIONS
    uneven = (finer < _LOW_FINER or found.directions < _FEW_DIRECTIONS) and (
        not fine.any() or float(np.quantile(found.finer[fine], 0.25)) < _LEAST_QUARTER
    )
    if little or middle < _LEAST_MEDIAN or finer < _LEAST_FINER or uneven:
        return Judgement(False, agreement, score, hopeless)
    low, high = np.minimum(fine_first, fine_second), np.maximum(fine_first, fine_second)
    known = fine & (low > _FINE_STRUCTURE)
    other = known & agrees & (found.finer < _LINES_ONLY) & (low > _AS_MUCH * high)
    if other.sum() > _MOST_OTHER * known.sum():
        return Judgement(False, agreement, score, hopeless)
    same = agreement >= _LEAST_SHARE
    if not same and agreement >= _LEAST_SHARE_WITH_OVERLAY:
        region = _largest(told & ~agrees)
        rest = float((weights * ~region).sum())
        of_rest = float(weights[agrees].sum()) / max(rest, 1e-6)
        same = (
            bool(region.sum() <= _MOST_OVERLAY * covered.sum()) and of_rest >= _LEAST_SHARE_OF_REST
        )
    return Judgement(same, agreement, score, hopeless)


def weighed(found: Tiles) -> npt.NDArray[np.float32]:
    """How much each tile tells: its structure, up to a limit; 0 where there is none."""
    strength = np.maximum(found.first * found.gain**0.5, found.second * found.gain**-0.5)
    told = (found.shared > _COVERED) & (strength > _STRUCTURE) & ~found.cut_off
    return np.asarray(np.minimum(strength, _STRONG) * told, np.float32)


def _largest(tiles: _Mask) -> _Mask:
    """The largest region of tiles that touch."""
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(
        tiles.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return np.zeros_like(tiles)
    return np.asarray(labels == 1 + int(sizes[1:, cv2.CC_STAT_AREA].argmax()))
