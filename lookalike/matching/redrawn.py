"""Whether two pictures that agree are one, or the same thing drawn twice.

A sign that two people drew has the same areas in the same places, so that tile by tile it agrees.
Its edges don't: each is a little off, every one in another direction. A copy has its edges where
the original has them, or all of them are off as one smooth bend of the picture takes them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.matching.comparison import Tiles
from lookalike.matching.frames import Frame
from lookalike.matching.judging import AGREES, weighed
from lookalike.matching.opencv import cv2
from lookalike.matching.prepared import Grey

__all__ = ["is_redrawn"]

_Mask = npt.NDArray[np.bool_]

_WINDOW = 15  # pixels, whose middle moves as they do
_FULL = 0.95  # of a window in which both are
_STRONG = 4.0  # levels of a window
_CORNERED = 0.002  # edges in two directions: along a single edge no movement shows
_STEP = 2  # every other pixel of every other line is measured
_LEAST_PLACES = 50
_ROUNDS = 3
_STILL = 0.05  # pixels, below which nothing is far off
# Pixels of the frame. In the median of the places, no copy of 1,185, edited in 30 ways, bends and
# perspective among them, is off by more than 0.52, and none of 15 pairs of one sign by less
# than 0.79.
_OFF = 0.65


def is_redrawn(laid: Frame, levels: tuple[Grey, Grey], found: Tiles) -> bool:
    """Whether edges lie elsewhere than a bend of the whole would take them.

    How the first picture has to move to be the second is estimated around every place by its
    slopes (B. Lucas and T. Kanade, "An iterative image registration technique", 1981), where the
    two agree. A cubic map is fitted to that, and what it leaves is looked at.

    Args:
        laid: two pictures that agree.
        levels: of both, each as sharp as the other.
        found: their tiles.
    """
    agrees = (weighed(found) > 0) & (found.correlation > AGREES)
    height, width = laid.shared.shape
    where = cv2.resize(
        agrees.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
    ).astype(np.bool_)
    places, moves = _moves(levels, laid.shared, where)
    if len(places) < _LEAST_PLACES:
        return False
    return bool(_left_by_a_bend(places, moves, max(width, height)) > _OFF)


def _moves(
    levels: tuple[Grey, Grey], shared: _Mask, where: _Mask
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Where movement can be told, (n, 2), and how far it is there, (n, 2), both across and down."""
    mask = shared.astype(np.float32)
    count = np.maximum(_sums(mask), 1)
    first, of_first = _evened(levels[0], mask, count)
    second, of_second = _evened(levels[1], mask, count)
    both = first + second
    across: Grey = np.asarray(cv2.Sobel(both, cv2.CV_32F, 1, 0, scale=1 / 16), np.float32)
    down: Grey = np.asarray(cv2.Sobel(both, cv2.CV_32F, 0, 1, scale=1 / 16), np.float32)
    off: Grey = np.asarray(second - first, np.float32)
    # Slopes across the sides of what is shared are none of the picture.
    inner: Grey = np.asarray(cv2.erode(np.pad(mask, 1), np.ones((5, 5)))[1:-1, 1:-1], np.float32)
    xx, yy, xy = (
        _sums(across * across * inner),
        _sums(down * down * inner),
        _sums(across * down * inner),
    )
    x, y = _sums(across * off * inner), _sums(down * off * inner)
    weaker = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    told = (
        where
        & (weaker > _CORNERED * _WINDOW**2)
        & (np.minimum(of_first, of_second) > _STRONG)
        & (count > _FULL * _WINDOW**2)
    )
    rows, columns = (end * _STEP for end in np.nonzero(told[::_STEP, ::_STEP]))
    xx, yy, xy, x, y = (table[rows, columns] for table in (xx, yy, xy, x, y))
    determinant = np.maximum(xx * yy - xy * xy, 1e-6)
    found = np.stack([(xy * y - yy * x) / determinant, (xy * x - xx * y) / determinant], axis=1)
    return np.stack([columns, rows], axis=1).astype(np.float32), found.astype(np.float32)


def _evened(levels: Grey, mask: Grey, count: Grey) -> tuple[Grey, Grey]:
    """Levels of mean 0 and deviation 1 in their windows, and what that deviation was."""
    apart = levels - _sums(levels * mask) / count
    spread = np.sqrt(np.maximum(_sums(apart * apart * mask), 0) / count)
    return np.asarray(apart / np.maximum(spread, 1), np.float32), np.asarray(spread, np.float32)


def _sums(levels: Grey) -> Grey:
    return np.asarray(
        cv2.boxFilter(
            levels, -1, (_WINDOW, _WINDOW), normalize=False, borderType=cv2.BORDER_CONSTANT
        ),
        np.float32,
    )


def _left_by_a_bend(
    places: npt.NDArray[np.float32], moves: npt.NDArray[np.float32], side: int
) -> float:
    """The median of how far movements are off the cubic map that fits them best, in pixels."""
    x, y = ((places - places.mean(axis=0)) * (2 / side)).T
    one = np.ones_like(x)
    terms = np.stack([one, x, y, x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3])
    none = np.empty(0, np.float32)
    weights, off = one, one
    for _ in range(_ROUNDS):
        weighted = terms * weights
        normal = cv2.gemm(weighted, terms, 1, none, 0, flags=cv2.GEMM_2_T).astype(np.float64)
        right = cv2.gemm(weighted, moves, 1, none, 0).astype(np.float64)
        normal[np.diag_indices(len(terms))] += 1e-6 * np.trace(normal) / len(terms)
        fitted = np.linalg.solve(normal, right).astype(np.float32)
        off = np.linalg.norm(
            moves - cv2.gemm(terms, fitted, 1, none, 0, flags=cv2.GEMM_1_T), axis=1
        )
        weights = 1 / (1 + (off / max(1.5 * float(np.median(off)), _STILL)) ** 2)
    return float(np.median(off))
