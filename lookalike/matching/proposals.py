"""How two pictures may lie over each other: what the second look then tries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.matching.features import MIRRORED, mirrored_points
from lookalike.matching.opencv import cv2
from lookalike.matching.planes import Plane, applied, scale_of, skew_of, stretch_of
from lookalike.matching.prepared import Area, Prepared

__all__ = ["Proposal", "proposals"]

_LEAST_CORRELATION = 0.7  # of two wholes at 24 x 24
_BEST_WHOLES = 2
_RATIO = 0.85  # of distances to the nearest and to the next descriptor
_LEAST_COSINE = 0.65
_MOST_MATCHES = 120
_MOST_PAIRS = 600
_LEAST_INLIERS = 5
_SCALE_OFF, _ANGLE_OFF = 0.6, 0.45  # logarithm and radians: stretching by 1.6 changes them so
_NEAR = (0.04, 0.02, 0.012)  # of the larger side
LARGEST_SCALE, MOST_STRETCH, MOST_SKEW = 8.0, 2.2, 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """One way in which the first picture may lie in the second.

    Attributes:
        plane: from the first to the second, in pixels of both.
        inliers: how many local features agree; 0 if the wholes proposed it.
        exact: whether all of the one comes to lie on all of the other.
    """

    plane: Plane
    inliers: int
    exact: bool = False


def proposals(first: Prepared, second: Prepared, *, by_features: bool = True) -> Iterator[Proposal]:
    """The few that are worth trying, the most likely first; each is worked out when it is needed.

    Args:
        first: the one picture.
        second: the other.
        by_features: whether local features propose any, too, or the wholes alone.
    """
    found = _wholes(first, second)
    yield from (p for p in found if p.exact)
    local = _by_features(first, second) if by_features else []
    strong = [p for p in local if p.inliers >= 2 * _LEAST_INLIERS]
    yield from strong
    yield from (p for p in found if not p.exact)
    yield from (p for p in local if p not in strong)


def _by_features(first: Prepared, second: Prepared) -> list[Proposal]:
    upright = _features(first, second, mirror=False)
    flipped = _features(first, second, mirror=True)
    found = [p for p in (upright, flipped) if p is not None]
    return sorted(found, key=lambda proposal: -proposal.inliers)


# Of a square: the eight ways to turn and flip it, from shares to shares.
_TURNS = np.array(
    [
        [[a, 0, (1 - a) / 2], [0, b, (1 - b) / 2]]
        if not swap
        else [[0, a, (1 - a) / 2], [b, 0, (1 - b) / 2]]
        for swap in (False, True)
        for a in (1, -1)
        for b in (1, -1)
    ],
    np.float64,
)


def _turned(small: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(areas, 8, side * side): as the eight turns of :data:`_TURNS` show it."""
    swapped = small.swapaxes(1, 2)
    ways = [source[:, ::b, ::a] for source in (small, swapped) for a in (1, -1) for b in (1, -1)]
    return np.stack(ways, axis=1).reshape(len(small), 8, -1)


def _wholes(first: Prepared, second: Prepared) -> list[Proposal]:
    """All of one on all of the other, or of what lies within their borders."""
    turned = _turned(first.small)
    correlations = _products(
        turned.reshape(-1, turned.shape[2]), second.small.reshape(len(second.small), -1)
    )
    order = np.argsort(-correlations, axis=None, kind="stable")[:_BEST_WHOLES]
    found = []
    for place in order.tolist():
        row, to = divmod(place, len(second.small))
        if correlations[row, to] < _LEAST_CORRELATION:
            break
        of, turn = divmod(row, 8)
        plane = _between(first.areas[of], _TURNS[turn], second.areas[to])
        if _is_likely(plane, MOST_STRETCH):
            found.append(Proposal(plane, 0, exact=of == 0 and to == 0))
    return found


def _between(first: Area, turn: Plane, second: Area) -> Plane:
    """From an area of one to an area of the other."""
    to_shares = _onto(first)
    turned = np.vstack([turn, [0, 0, 1]]) @ np.linalg.inv(to_shares)
    return np.asarray((_onto(second) @ turned)[:2])


def _onto(area: Area) -> npt.NDArray[np.float64]:
    left, top, right, bottom = area
    return np.array([[right - left, 0, left], [0, bottom - top, top], [0, 0, 1]], np.float64)


def _is_likely(plane: Plane, stretch: float) -> bool:
    scale = scale_of(plane)
    return (
        1 / LARGEST_SCALE < scale < LARGEST_SCALE
        and stretch_of(plane) < stretch
        and skew_of(plane) < MOST_SKEW
    )


def _features(first: Prepared, second: Prepared, *, mirror: bool) -> Proposal | None:
    """What most local features agree on."""
    points, directions = first.features.points, first.directions
    width = first.size[0]
    if mirror:
        points, directions = mirrored_points(points, width), directions[:, MIRRORED]
    if min(len(directions), len(second.directions)) < _LEAST_INLIERS:
        return None
    of, to = _matched(_products(directions, second.directions))
    if len(of) < _LEAST_INLIERS:
        return None
    a, b = points[of].astype(np.float64), second.features.points[to].astype(np.float64)
    side = max(second.size)
    plane = _agreed(a, b, side)
    if plane is None:
        return None
    plane, inliers = _settled(plane, a[:, :2], b[:, :2], side)
    if inliers < _LEAST_INLIERS or not _is_likely(plane, MOST_STRETCH):
        return None
    if mirror:
        plane = np.column_stack([-plane[:, 0], plane[:, 1], plane[:, 2] + width * plane[:, 0]])
    return Proposal(plane, inliers)


def _products(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """``a @ b.T`` in this thread, see :mod:`lookalike.matching.sums`."""
    none = np.empty(0, np.float32)
    return np.asarray(cv2.gemm(a, b, 1, none, 0, flags=cv2.GEMM_2_T), np.float32)


def _matched(
    cosines: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Features that are each other's nearest, and clearly nearer than the next; best first."""
    to = cosines.argmax(axis=1)
    rows = np.arange(len(to))
    best = cosines[rows, to]
    mutual = cosines.argmax(axis=0)[to] == rows
    of = rows[mutual & (best > _LEAST_COSINE)]
    if not len(of):
        return of, to[of]
    to, best = to[of], best[of]
    across, down = cosines[of], cosines[:, to].T
    next_best = np.maximum(
        np.partition(across, -2, axis=1)[:, -2], np.partition(down, -2, axis=1)[:, -2]
    )
    ratio = np.sqrt((1 - np.minimum(best, 1)) / np.maximum(1 - next_best, 1e-6))
    order = np.argsort(ratio, kind="stable")
    order = order[ratio[order] < _RATIO][:_MOST_MATCHES]
    return of[order], to[order]


def _agreed(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], side: int) -> Plane | None:
    """The similarity of two matches that most others agree with.

    A pair is tried if the scales and the angles of its own features agree with it, so that no
    random draws are needed.
    """
    za, zb = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    i, j = np.triu_indices(len(a), 1)
    apart = za[j] - za[i]
    far = np.abs(apart) > 8
    i, j, apart = i[far], j[far], apart[far]
    turn = (zb[j] - zb[i]) / apart
    size, angle = np.log(np.abs(turn) + 1e-9), np.angle(turn)
    own_size = np.log(b[:, 2] / a[:, 2])
    own_angle = np.deg2rad(b[:, 3] - a[:, 3])
    fits = np.ones(len(i), np.bool_)
    for end in (i, j):
        off = np.angle(np.exp(1j * (angle - own_angle[end])))
        fits &= (np.abs(size - own_size[end]) < _SCALE_OFF) & (np.abs(off) < _ANGLE_OFF)
    # Matches are in the order of their quality, so the first pairs are the best.
    chosen = np.flatnonzero(fits)
    chosen = chosen[np.argsort(i[chosen] + j[chosen], kind="stable")][:_MOST_PAIRS]
    if not len(chosen):
        return None
    turns = turn[chosen]
    moves = zb[i[chosen]] - turns * za[i[chosen]]
    off = np.abs(turns[:, None] * za + moves[:, None] - zb)  # (pairs, matches)
    votes = np.clip(1 - (off / (_NEAR[0] * side)) ** 2, 0, None).sum(axis=1)
    best = int(votes.argmax())
    turn_, move = turns[best], moves[best]
    return np.array([[turn_.real, -turn_.imag, move.real], [turn_.imag, turn_.real, move.imag]])


def _settled(
    plane: Plane, a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], side: int
) -> tuple[Plane, int]:
    """The affine map of those that agree, and of those that then agree, and so on."""
    count = 0
    for near in (*_NEAR[:2], *_NEAR):
        inside = np.linalg.norm(applied(plane, a) - b, axis=1) < near * side
        count = int(inside.sum())
        if count < _LEAST_INLIERS:
            return plane, 0
        fitted = _affine(a[inside], b[inside]) if count >= 6 else None
        if fitted is None or not _is_likely(fitted, MOST_STRETCH):
            fitted = _similarity(a[inside], b[inside])
        plane = fitted
    inside = np.linalg.norm(applied(plane, a) - b, axis=1) < _NEAR[-1] * side
    return plane, len(np.unique(np.rint(a[inside] / 3), axis=0))


def _affine(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> Plane | None:
    spread = np.linalg.svd(a - a.mean(axis=0), compute_uv=False)
    if spread[1] < 0.15 * spread[0]:  # along a line
        return None
    known = np.column_stack([a, np.ones(len(a))])
    return np.asarray(np.linalg.lstsq(known, b, rcond=None)[0].T)


def _similarity(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> Plane:
    za, zb = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    da, db = za - za.mean(), zb - zb.mean()
    turn = (np.conj(da) @ db) / max(float(np.sum(np.abs(da) ** 2)), 1e-9)
    move = zb.mean() - turn * za.mean()
    return np.array([[turn.real, -turn.imag, move.real], [turn.imag, turn.real, move.imag]])
