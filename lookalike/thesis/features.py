"""The models of the thesis, and the features that are shipped beside them."""

from __future__ import annotations

from lookalike.encoders import registry
from lookalike.errors import LookalikeError, UsageError
from lookalike.evaluation.kept_codes import KeptCodes, read_codes

__all__ = ["FEATURES", "MODELS", "load_features"]

FEATURES = ("cifar10-real-32", "cifar10-48", "resisc-real-32", "resisc-512")
"""Models whose features are shipped: real ones for the k-d tree, bits for LSH."""

MODELS = {
    "cifar10": ("cifar10-real-32", "cifar10-48"),
    "resisc45": ("resisc-real-32", "resisc-512"),
}
"""The models of a data set: the one with real features, then the one with bits."""


def load_features(name: str) -> KeptCodes:
    """Shipped features: codes and, of the real models, embeddings of every picture of a data set.

    Rows carry the SHA-256 of their picture's pixels, and are found by it
    (:meth:`lookalike.evaluation.kept_codes.KeptCodes.rows`).

    Args:
        name: one of :data:`FEATURES`.

    Raises:
        UsageError: no features have this name.

    Example:
        >>> features = load_features("cifar10-48")
        >>> features.codes.shape, features.bits
        ((60000, 6), 48)
    """
    if name not in FEATURES:
        raise UsageError(f"there are no features {name!r}: there are {', '.join(FEATURES)}")
    file = registry.features_path(name)
    if file is None:
        raise LookalikeError(f"the features {name} are missing: install lookalike again")
    return read_codes(file)
