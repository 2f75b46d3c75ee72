"""Real features to codes: what is fitted on the pictures of a library, and kept in it.

A published model's features are unit vectors in a narrow cone: their mean is far from zero, and a
code of signs would hold the same bits for every picture. So a fit has three parts, all of them
found on pictures without labels: the *mean* that is subtracted, the *projection* whose signs are
the bits, and the *scale* by which what is left goes into 8 bits.

The embedding is the centred vector itself, not brought to length 1. So its cosine is that of
centred features, 0 for unrelated pictures; and the dot product of a raw vector with a picture's raw
features can be had from it too, which is what text queries need.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from lookalike.codes.binarize import Binarizer, fit_hyperplanes, fit_itq
from lookalike.errors import ModelError, UsageError
from lookalike.types import Encoded

__all__ = ["BITS", "ENOUGH", "SAMPLE", "Fit", "fit_features"]

BITS = 256
"""Width of the codes; fewer where a model has fewer features."""

SAMPLE = 4096
"""Pictures that a fit looks at, at most."""

ENOUGH = 1024
"""Pictures from which on a fit stays as it is; one on fewer is made again as a library grows."""

# Principal components of fewer pictures than this for each bit are mostly noise.
_ROWS_A_BIT = 2
_LARGEST = 127
# Of all numbers of the centred features, this share is cut off when they go into 8 bits.
_CLIPPED = 1e-4
# Of fewer pictures, how large the numbers of others get isn't known from what is left of theirs.
_FEW = 32
_HEADROOM = 2.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted map from unit vectors to codes and embeddings; the arrays can't be written.

    Attributes:
        binarizer: the mean, and the projection whose signs are the bits.
        scale: of the embedding: a centred number times this is the 8-bit one.
        pictures: that it was fitted on.
        drawn_from: files that there were when those were drawn.
        method: ``itq``, or ``hyperplanes`` where there were too few pictures for that.
    """

    binarizer: Binarizer
    scale: float
    pictures: int
    drawn_from: int
    method: str

    @property
    def bits(self) -> int:
        """Width of the codes."""
        return self.binarizer.width

    @property
    def size(self) -> int:
        """Number of features, and width of the embedding."""
        return self.binarizer.features

    def encode(self, features: Floats) -> Encoded:
        """Codes and embeddings of unit vectors, float32 (n, :attr:`size`)."""
        if not len(features):
            none = np.empty((0, self.size), np.int8)
            return Encoded(np.empty((0, (self.bits + 7) // 8), np.uint8), none)
        # One row at a time: a product of matrices may add in another order than one of a vector.
        codes = np.concatenate([self.binarizer.bits(row[None]) for row in features])
        centred = (features - self.binarizer.mean) * np.float32(self.scale)
        return Encoded(codes, np.clip(np.rint(centred), -_LARGEST, _LARGEST).astype(np.int8))

    def restored(self, embeddings: npt.NDArray[np.int8]) -> Floats:
        """The unit vectors that embeddings were made of, but for rounding; float32 (n, d)."""
        values = embeddings.astype(np.float32) / np.float32(self.scale) + self.binarizer.mean
        lengths = np.linalg.norm(values, axis=1, keepdims=True)
        return np.asarray(values / np.maximum(lengths, 1e-12), np.float32)

    def query(self, vector: Floats) -> tuple[Floats, float]:
        """How a raw vector is compared with embeddings, as (weights, constant).

        ``embeddings @ weights + constant`` is the dot product of the vector with the raw features.
        """
        if len(vector) != self.size:
            raise ModelError(
                f"the model's texts have {len(vector)} features, its pictures {self.size}: "
                "they can't be compared"
            )
        return vector / np.float32(self.scale), float(vector @ self.binarizer.mean)

    def told(self) -> dict[str, Any]:
        """What can be said of the fit in words and numbers."""
        return {
            "method": self.method,
            "pictures": self.pictures,
            "drawn_from": self.drawn_from,
            "scale": self.scale,
        }

    def arrays(self) -> dict[str, Floats]:
        """What else it is."""
        return {"mean": self.binarizer.mean, "projection": self.binarizer.projection}

    @classmethod
    def of(cls, told: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Fit:
        """The fit that :meth:`told` and :meth:`arrays` describe.

        Raises:
            ModelError: they don't describe one.
        """
        try:
            binarizer = Binarizer(arrays["mean"], arrays["projection"])
            scale = float(told["scale"])
            fit = cls(
                binarizer, scale, int(told["pictures"]), int(told["drawn_from"]), told["method"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"a stored fit is damaged ({error}): reindex the library") from error
        if not np.isfinite(scale) or scale <= 0:
            raise ModelError(f"a stored fit has the scale {scale}: reindex the library")
        return fit


def fit_features(
    X: Floats, *, bits: int = BITS, drawn_from: int | None = None, seed: int = 0
) -> Fit:
    """Fit on the features of pictures.

    The mean is shrunk a little towards zero, as if one more picture lay there: so even a single
    picture keeps something after centring, and of a thousand nothing changes. The projection is
    that of iterative quantization where there are at least two pictures a bit, else random
    hyperplanes.

    Args:
        X: unit vectors, float32 (n, d); n may be 0.
        bits: width of the codes, at most; never more than d.
        drawn_from: pictures that these were drawn from; n by default.
        seed: of what is random; the same seed and features give the same fit.

    Raises:
        UsageError: another shape, or no features.
    """
    if X.ndim != 2 or X.shape[1] < 1:
        raise UsageError(f"features have the shape (n, d) with d from 1 on, not {X.shape}")
    n, d = X.shape
    width = min(bits, d)
    mean = np.asarray(X.sum(0, dtype=np.float64) / (n + 1), np.float32)
    if n >= _ROWS_A_BIT * width and n > width:
        projection, method = fit_itq(X, width, seed=seed).projection, "itq"
    else:
        none = np.zeros((1, d), np.float32)  # hyperplanes take nothing but a mean from pictures
        projection, method = fit_hyperplanes(none, width, seed=seed).projection, "hyperplanes"
    return Fit(
        Binarizer(mean, projection),
        _scale(X, mean),
        n,
        n if drawn_from is None else drawn_from,
        method,
    )


def _scale(X: Floats, mean: Floats) -> float:
    """What brings the centred features into 8 bits."""
    if not len(X):
        return float(_LARGEST)  # no number of a unit vector exceeds 1
    if len(X) < _FEW:
        largest = _HEADROOM * float(np.abs(X).max())
    else:
        largest = float(np.quantile(np.abs(X - mean), 1 - _CLIPPED))
    return _LARGEST / min(max(largest, 1e-3), 1.0)


def packed(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Arrays as the bytes of an NPZ file."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpacked(data: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays of :func:`packed`.

    Raises:
        ModelError: the bytes are damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, EOFError, KeyError, OSError, BadZipFile) as error:
        raise ModelError(f"a stored fit is damaged ({error}): reindex the library") from error
