"""Real features to binary codes: the fits that need no training by gradient.

Each fit looks at features once and returns a frozen :class:`Binarizer`: subtract a mean, project to
one number a bit, keep the signs. They differ in the projection only:

* :func:`fit_sign`: none, one bit a feature;
* :func:`fit_hyperplanes`: random directions (Charikar, "Similarity estimation techniques from
  rounding algorithms", 2002): the distance estimates the angle;
* :func:`fit_pca`: the directions of the largest variance;
* :func:`fit_itq`: those, turned to lie as close to their signs as they can (Gong and Lazebnik,
  "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import MAX_BITS, bytes_for, pack
from lookalike.errors import UsageError
from lookalike.types import Codes

__all__ = ["Binarizer", "fit_hyperplanes", "fit_itq", "fit_pca", "fit_sign"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_MEAN_ROWS = 1 << 16  # rows that are turned into float64 at a time


@dataclass(frozen=True, slots=True, eq=False)
class Binarizer:
    """A fitted map from features to bits; the arrays can't be written.

    Attributes:
        mean: subtracted first, float32 (features,).
        projection: float32 (features, bits): bit b is set where column b's product is positive.
    """

    mean: Floats
    projection: Floats

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.projection.ndim != 2:
            raise UsageError(
                "a binarizer has a mean (features,) and a projection (features, bits), not "
                f"{self.mean.shape} and {self.projection.shape}"
            )
        if len(self.mean) != len(self.projection):
            raise UsageError(
                f"mean and projection are of {len(self.mean)} and {len(self.projection)} features"
            )
        bytes_for(self.width)
        for name in ("mean", "projection"):
            array: Floats = np.array(getattr(self, name), dtype=np.float32, order="C")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def features(self) -> int:
        """Number of features that it takes."""
        return len(self.mean)

    @property
    def width(self) -> int:
        """Number of bits that it gives."""
        return int(self.projection.shape[1])

    def project(self, X: npt.ArrayLike) -> Floats:
        """The real numbers whose signs are the bits: float32 (n, bits).

        Args:
            X: features (n, features).

        Raises:
            UsageError: another shape or type, or a value that isn't finite.
        """
        features = _features(X)
        if features.shape[1] != self.features:
            raise UsageError(
                f"this binarizer takes {self.features} features, not {features.shape[1]}"
            )
        centred: Floats = np.subtract(features, self.mean, dtype=np.float32)
        projected: Floats = centred @ self.projection
        return projected

    def bits(self, X: npt.ArrayLike) -> Codes:
        """Packed codes of features: uint8 (n, ceil(bits / 8)).

        Args:
            X: features (n, features).

        Raises:
            UsageError: another shape or type, or a value that isn't finite.
        """
        return pack(self.project(X) > 0)


def fit_sign(X: npt.ArrayLike) -> Binarizer:
    """One bit a feature: whether it lies above its mean.

    Args:
        X: features (n, d), n >= 1, d at most :data:`~lookalike.codes.bits.MAX_BITS`.

    Raises:
        UsageError: another shape, a value that isn't finite, or too many features.
    """
    features = _features(X, rows=1)
    d = features.shape[1]
    if d > MAX_BITS:
        raise UsageError(f"one bit a feature makes {d} bits, and a code has at most {MAX_BITS}")
    return _binarizer(_mean(features), np.eye(d))


def fit_hyperplanes(X: npt.ArrayLike, bits: int, *, seed: int) -> Binarizer:
    """Random hyperplanes through the mean; ``bits`` may exceed the number of features.

    Args:
        X: features (n, d), n >= 1; only their mean is used.
        bits: width of the codes.
        seed: of the directions; the same seed gives the same codes.

    Raises:
        UsageError: another shape, a value that isn't finite, or ``bits`` out of range.
    """
    features = _features(X, rows=1)
    bytes_for(bits)
    directions = np.random.default_rng(seed).standard_normal((features.shape[1], bits))
    return _binarizer(_mean(features), directions / np.linalg.norm(directions, axis=0))


def fit_pca(X: npt.ArrayLike, bits: int) -> Binarizer:
    """Signs of the principal components, the one of the largest variance first.

    A component's own sign is chosen so that its largest weight is positive: the same on every
    machine, up to rounding.

    Args:
        X: features (n, d), n > ``bits``.
        bits: width of the codes, at most d.

    Raises:
        UsageError: another shape, a value that isn't finite, ``bits`` above d, or too few rows.
    """
    mean, components = _principal(X, bits)
    return _binarizer(mean, components)


def fit_itq(X: npt.ArrayLike, bits: int, *, seed: int, iterations: int = 50) -> Binarizer:
    """Iterative quantization: principal components, turned towards the corners of the cube.

    Starting from a random rotation R, the codes B = sign(V R) of the components V and then the R
    that minimises the loss ||B - V R||^2 for them (orthogonal Procrustes, by the singular value
    decomposition of B^T V) are found in turn. The loss never rises.

    Args:
        X: features (n, d), n > ``bits``. Time is iterations x (n x bits^2 + bits^3): some thousand
            rows are enough for a few hundred bits.
        bits: width of the codes, at most d.
        seed: of the rotation to start from.
        iterations: 50 in the paper.

    Raises:
        UsageError: another shape, a value that isn't finite, ``bits`` above d, too few rows, or
            ``iterations`` below 1.
    """
    mean, rotations, components, _ = _itq(X, bits, seed, iterations)
    return _binarizer(mean, components @ rotations)


def _itq(
    X: npt.ArrayLike, bits: int, seed: int, iterations: int
) -> tuple[Doubles, Doubles, Doubles, list[float]]:
    """Mean, rotation (bits, bits), components (d, bits), and the loss before each iteration."""
    if iterations < 1:
        raise UsageError(f"iterations must be at least 1, not {iterations}")
    mean, components = _principal(X, bits)
    features = _features(X)
    V = (features - mean) @ components  # (n, bits)
    start = np.random.default_rng(seed).standard_normal((bits, bits))
    rotation: Doubles = np.linalg.svd(start)[0]
    losses = []
    for _ in range(iterations):
        turned = V @ rotation
        B = np.where(turned > 0, 1.0, -1.0)
        losses.append(float(np.square(B - turned).sum()))
        left, _, right = np.linalg.svd(B.T @ V)
        rotation = (left @ right).T
    return mean, rotation, components, losses


def _principal(X: npt.ArrayLike, bits: int) -> tuple[Doubles, Doubles]:
    """Mean (d,) and the first ``bits`` principal directions as columns (d, bits)."""
    bytes_for(bits)
    features = _features(X)
    n, d = features.shape
    if bits > d:
        raise UsageError(
            f"{bits} bits need at least as many features, not {d}; "
            "take fewer bits, or random hyperplanes"
        )
    if n <= bits:
        raise UsageError(f"{bits} bits need more than {bits} rows to be fitted on, not {n}")
    mean = _mean(features)
    covariance = np.zeros((d, d))
    for start in range(0, n, _MEAN_ROWS):
        centred = features[start : start + _MEAN_ROWS] - mean
        covariance += centred.T @ centred
    _, vectors = np.linalg.eigh(covariance)  # ascending
    components: Doubles = vectors[:, : -bits - 1 : -1]
    largest = components[np.abs(components).argmax(0), np.arange(bits)]
    return mean, components * np.where(largest < 0, -1.0, 1.0)


def _binarizer(mean: Doubles, projection: Doubles) -> Binarizer:
    return Binarizer(mean.astype(np.float32), projection.astype(np.float32))


def _mean(features: npt.NDArray[np.floating]) -> Doubles:
    mean: Doubles = features.mean(0, dtype=np.float64)
    return mean


def _features(X: npt.ArrayLike, *, rows: int = 0) -> npt.NDArray[np.floating]:
    features = np.asarray(X)
    if features.ndim != 2:
        raise UsageError(f"features have the shape (n, features), not {features.shape}")
    if not np.issubdtype(features.dtype, np.floating):
        if not np.issubdtype(features.dtype, np.integer) and features.dtype != np.bool_:
            raise UsageError(f"features are real numbers, not {features.dtype}")
        features = features.astype(np.float32)
    if len(features) < rows:
        raise UsageError(f"fitting needs at least {rows} row, not {len(features)}")
    if features.shape[1] < 1:
        raise UsageError("features have at least one column, not 0")
    finite = np.isfinite(features).all(1)
    if not finite.all():
        raise UsageError(
            f"features must be finite; row {int(np.flatnonzero(~finite)[0])} holds nan or infinity"
        )
    return features
