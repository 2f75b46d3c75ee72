"""Move one picture over another until they agree best, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np

from lookalike.matching.frames import Frame, frame, smooth
from lookalike.matching.opencv import cv2
from lookalike.matching.planes import Plane, chained, inverse
from lookalike.matching.prepared import Area, Grey

__all__ = ["refined"]

_STEPS = 5
_STILL = 0.03  # pixels of the frame
_FARTHEST = 0.15  # of the frame's side in one step, else it is lost


def refined(
    first: Grey,
    second: Grey,
    plane: Plane,
    side: int,
    within: tuple[Area, Area] | None = None,
) -> Plane:
    """A plane near the given one that lays them over each other better.

    By Gauss and Newton, on the levels, for the six numbers of an affine map with gain and offset
    (S. Baker and I. Matthews, "Lucas-Kanade 20 years on", 2004: inverse compositional), with little
    weight on what differs, such as a text over one of them.

    Args:
        first: luminance of the one.
        second: of the other.
        plane: from the pixels of the first to those of the second.
        side: pixels of the longer side of what is compared: few to come from far, more to end near.
        within: areas of both that count; the wholes without.
    """
    for _ in range(_STEPS):
        laid = frame(first, second, plane, side, within)
        if laid is None or laid.shared.sum() < 64:
            return plane
        step = _step(laid)
        if step is None:
            return plane
        move, far = step
        # second(to_second x) looks like first(to_first move x).
        plane = chained(inverse(laid.to_first), chained(inverse(move), laid.to_second))
        if far < _STILL:
            return plane
    return plane


def _step(laid: Frame) -> tuple[Plane, float] | None:
    """How the first picture has to move in the frame to become the second, and how far that is."""
    fixed, other = smooth(laid.first, 0.8), smooth(laid.second, 0.8)
    height, width = fixed.shape
    shared = laid.shared.copy()
    shared[0], shared[-1], shared[:, 0], shared[:, -1] = False, False, False, False
    across = cv2.Sobel(fixed, cv2.CV_32F, 1, 0, scale=1 / 8)[shared]
    down = cv2.Sobel(fixed, cv2.CV_32F, 0, 1, scale=1 / 8)[shared]
    a, b = fixed[shared], other[shared]
    if len(a) < 64:
        return None
    spread = float(b.std()), float(a.std())
    if min(spread) < 1:
        return None
    b = (b - b.mean()) * (spread[1] / spread[0]) + a.mean()
    off = b - a
    half = max(width, height) / 2
    x = np.broadcast_to((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / half, shared.shape)
    y = np.broadcast_to(
        ((np.arange(height, dtype=np.float32) + 0.5 - height / 2) / half)[:, None], shared.shape
    )
    x, y = x[shared], y[shared]
    columns = np.stack(
        [across * x, across * y, across, down * x, down * y, down, a - a.mean(), np.ones_like(a)]
    )
    level = 2 + 2.5 * 1.4826 * float(np.median(np.abs(off)))
    weighted = columns / (1 + (off / level) ** 2)
    none = np.empty(0, np.float32)
    normal = cv2.gemm(weighted, columns, 1, none, 0, flags=cv2.GEMM_2_T).astype(np.float64)
    right = cv2.gemm(weighted, off[None], 1, none, 0, flags=cv2.GEMM_2_T)[:, 0].astype(np.float64)
    normal[np.diag_indices(8)] += 1e-6 * np.trace(normal) / 8 + 1e-9
    found = np.linalg.solve(normal, right)
    far = float(np.abs(found[:3]).sum() + np.abs(found[3:6]).sum())
    if not np.isfinite(far) or far > _FARTHEST * 2 * half:
        return None
    turn = np.eye(2) + np.array([found[0:2], found[3:5]]) / half
    middle = np.array([width / 2, height / 2])
    move = np.array([found[2], found[5]]) + middle - turn @ middle
    return np.column_stack([turn, move]), far
