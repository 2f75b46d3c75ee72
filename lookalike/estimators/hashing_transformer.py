"""Real features to binary codes, as a transformer of scikit-learn's kind."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lookalike.codes import bits as packed_codes
from lookalike.codes.binarize import Binarizer, fit_hyperplanes, fit_itq, fit_pca, fit_sign
from lookalike.errors import UsageError
from lookalike.estimators.checking import (
    check_count,
    check_rows,
    check_seed,
    check_switch,
    refusals,
)

__all__ = ["HashingTransformer"]

Method = Literal["itq", "pca", "hyperplanes", "sign"]


class HashingTransformer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Real features to binary codes, as a transformer.

    Args:
        bits: width of the codes; as many as features if omitted.
        method: ``itq`` (iterative quantization), ``pca`` (signs of principal components),
            ``hyperplanes`` (random directions) or ``sign`` (one bit a feature); see
            :mod:`lookalike.codes.binarize`.
        packed: whether :meth:`transform` gives packed codes, uint8 (n, ceil(bits / 8)), as
            :class:`HammingNeighbors` takes them; else one 0 or 1 a column, uint8 (n, bits).
        random_state: seed of ``itq`` and ``hyperplanes``.

    Attributes:
        n_features_in_: columns of X in :meth:`fit`.
        bits_: width of the codes.
        binarizer_: the fitted :class:`~lookalike.codes.binarize.Binarizer`.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(100, 16))
        >>> HashingTransformer(bits=12).fit_transform(X).shape
        (100, 2)
    """

    def __init__(
        self,
        bits: int | None = None,
        method: Method = "itq",
        packed: bool = True,
        random_state: int = 0,
    ) -> None:
        self.bits = bits
        self.method = method
        self.packed = packed
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: object = None) -> HashingTransformer:
        """Fit the binariser.

        Args:
            X: features (n, d); ``pca`` and ``itq`` take more rows than bits, and at most d bits.
            y: ignored.

        Returns:
            The transformer itself.

        Raises:
            UsageError: X or a parameter of another type, shape or range.
        """
        check_seed(self.random_state)
        check_switch("packed", self.packed)
        if not isinstance(self.method, str):
            raise UsageError(
                f"method is 'itq', 'pca', 'hyperplanes' or 'sign', not {self.method!r}"
            )
        check_rows(X)
        with refusals():
            features = validate_data(self, X, dtype=[np.float64, np.float32])
        n, d = features.shape
        if self.bits is not None:
            check_count("bits", self.bits)
        bits = d if self.bits is None else int(self.bits)
        if self.method in ("itq", "pca") and n <= bits:
            raise UsageError(f"{bits} bits by {self.method} need more rows than n_samples = {n}")
        self.binarizer_ = self._fitted(features, bits)
        self.bits_ = bits
        self._n_features_out = packed_codes.bytes_for(bits) if self.packed else bits
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[np.uint8]:
        """Codes of X, see ``packed``.

        Raises:
            UsageError: X of another shape, or see :meth:`fit`.
            sklearn.exceptions.NotFittedError: nothing was fitted yet.
        """
        check_is_fitted(self)
        check_rows(X)
        with refusals():
            features = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        codes = self.binarizer_.bits(features)
        return codes if self.packed else packed_codes.unpack(codes, self.bits_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _fitted(self, features: npt.NDArray[np.floating], bits: int) -> Binarizer:
        seed = self.random_state
        if self.method == "itq":
            return fit_itq(features, bits, seed=seed)
        if self.method == "pca":
            return fit_pca(features, bits)
        if self.method == "hyperplanes":
            return fit_hyperplanes(features, bits, seed=seed)
        if self.method != "sign":
            raise UsageError(
                f"method is 'itq', 'pca', 'hyperplanes' or 'sign', not {self.method!r}"
            )
        if bits != features.shape[1]:
            raise UsageError(f"method 'sign' gives {features.shape[1]} bits here, not {bits}")
        return fit_sign(features)
