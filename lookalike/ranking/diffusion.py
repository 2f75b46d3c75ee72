"""Order a short list by walks between its own pictures, not by each one's likeness to the query.

A picture that is like the query's neighbours belongs with them, even if it is no nearer to the
query than many others are. A walker that starts at the query and goes on, with probability
:data:`STAYS_ON`, to a picture that is like the one that it is at, or else starts again, is found
most often at such pictures.

Source: D. Zhou et al., "Ranking on Data Manifolds" (NIPS 2003), section 2; on a graph of nearest
neighbours with a power of the cosine, as A. Iscen et al., "Efficient Diffusion on Region Manifolds"
(CVPR 2017), section 3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["diffused_order"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

NEIGHBOURS = 5
"""Edges of a picture, to those that are most like it; it has those of others to it besides."""

STAYS_ON = 0.8
"""Probability of another step. With 0.9 a cluster of pictures near the query draws the walker away
from it: less is found of crops."""

SHARPNESS = 3
"""An edge weighs the cosine to this power."""

STEPS = 50
"""Of the iteration, which leaves ``STAYS_ON ** STEPS`` of the first error, one in 70,000."""


def diffused_order(cosines: npt.NDArray[np.floating]) -> Ints:
    """The order of a query's neighbours by walks among all of them.

    The nearest to the query stays first: it may be a copy of it, and a copy that nothing else is
    like is hardly ever walked to. Those that no walk reaches come last, by their cosines.

    Args:
        cosines: between the query, at index 0, and n pictures, and between these: symmetric,
            (n + 1, n + 1). Below 0 counts as 0.

    Returns:
        0 to n - 1, best first. Ties keep the order that the pictures have.
    """
    near = cosines[0, 1:]
    if len(near) < 2:
        return np.arange(len(near), dtype=np.int64)
    # Rounded, so that what is equal but for the order of a sum is a tie.
    found = np.round(_walk(np.asarray(cosines, np.float32))[1:], 9)
    order = np.lexsort((-near, -found)).astype(np.int64)
    first = int(near.argmax())
    return np.concatenate([[first], order[order != first]])


def _edges(weights: Floats) -> npt.NDArray[np.bool_]:
    """Which pictures are joined: those of which one has the other among its nearest."""
    kept = min(NEIGHBOURS, len(weights) - 1)
    nearest = weights >= np.partition(weights, -kept, axis=1)[:, [-kept]]
    nearest &= weights > 0  # nobody walks along the others
    # Of a thousand equal pictures each has so many neighbours, not a thousand.
    for row in np.flatnonzero(nearest.sum(1) > kept):
        nearest[row] = False
        nearest[row, np.argsort(-weights[row], kind="stable")[:kept]] = True
    return np.asarray(nearest | nearest.T)


def _walk(cosines: Floats) -> npt.NDArray[np.float64]:
    """How often a walker from the first one is at each of them."""
    weights = np.maximum(cosines, np.float32(0))
    np.fill_diagonal(weights, 0)
    one, other = np.nonzero(_edges(weights))
    weight = weights[one, other].astype(np.float64) ** SHARPNESS
    size = len(weights)
    scale = np.maximum(np.bincount(one, weight, size), np.finfo(np.float32).tiny) ** -0.5
    weight *= STAYS_ON * scale[one] * scale[other]
    start = np.zeros(size)
    start[0] = 1
    reached = start
    for _ in range(STEPS):
        reached = np.bincount(one, weight * reached[other], size) + start
    return reached
