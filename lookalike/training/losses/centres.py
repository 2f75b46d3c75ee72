"""Codes that are far from each other: one for each class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.errors import UsageError

__all__ = ["class_centres", "hadamard"]

Signs = npt.NDArray[np.float32]

DRAWS = 500
"""Choices that the best is taken of."""


def hadamard(order: int) -> Signs | None:
    """A matrix of -1 and 1 whose rows are orthogonal, (order, order); ``None`` if not known here.

    Sources: doubling, J. J. Sylvester (1867); orders q + 1 for primes q = 3 mod 4, R. Paley, "On
    Orthogonal Matrices" (1933). That gives 12, 16, 20, 24, 32, 48, 64 and 128 among others.
    """
    if order == 1:
        return np.ones((1, 1), np.float32)
    if order % 2 == 0 and (half := hadamard(order // 2)) is not None:
        return np.block([[half, half], [half, -half]])
    prime = order - 1
    if prime % 4 != 3 or any(prime % d == 0 for d in range(2, int(prime**0.5) + 1)):
        return None
    squares = {i * i % prime for i in range(1, prime)}
    line = [0, *(1 if i in squares else -1 for i in range(1, prime))]
    skew = np.zeros((order, order), np.float32)
    skew[0, 1:], skew[1:, 0] = 1, -1
    for row in range(prime):
        for column in range(prime):
            skew[row + 1, column + 1] = line[(column - row) % prime]
    return np.asarray(skew + np.eye(order), np.float32)


def class_centres(classes: int, width: int, seed: int = 0) -> Signs:
    """Codes of -1 and 1, (classes, width), far from each other and with balanced bits.

    They are rows of a Hadamard matrix and their negatives where there is one of this width with
    enough of them: each two then differ in half of the bits or in all. Else they are drawn. Of
    many choices the one with the largest least distance is taken, and of those the one whose bits
    are set in as near to half of the classes as can be.

    Source: L. Yuan et al., "Central Similarity Quantization for Efficient Image and Video
    Retrieval" (2020), section 3.2.

    Raises:
        UsageError: fewer codes of this width exist than there are classes.
    """
    if width < 64 and classes > 2**width:
        raise UsageError(f"{classes} classes don't have a code each in {width} bits: use more bits")
    random = np.random.default_rng(seed)
    matrix = hadamard(width)
    rows = None
    if matrix is not None:
        both = np.concatenate([matrix, -matrix])
        # A row without a change, such as the first of Sylvester's, would be all of one sign.
        rows = both[np.abs(both.sum(1)) < width]
        rows = rows if len(rows) >= classes else None
    best: Signs | None = None
    highest = (-np.inf, -np.inf)
    for _ in range(DRAWS if classes <= 200 else 5):
        if rows is not None:
            chosen = rows[random.permutation(len(rows))[:classes]]
        else:
            chosen = np.where(random.random((classes, width)) < 0.5, -1, 1).astype(np.float32)
        likeness = chosen @ chosen.T - 2 * width * np.eye(classes)
        score = (-float(likeness.max()), -float(np.abs(chosen.sum(0)).max()))
        if best is None or score > highest:
            best, highest = chosen, score
    if best is None or (classes > 1 and highest[0] <= -width):
        raise UsageError(
            f"no {classes} different codes of {width} bits were drawn: use more bits, or a loss "
            "without centres such as greedyhash"
        )
    return np.ascontiguousarray(best, np.float32)
