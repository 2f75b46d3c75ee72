"""The scikit-learn face: nearest neighbours over binary codes, and real features to codes.

Needs the extra ``sklearn``; importing this module without it raises
:class:`~lookalike.errors.MissingExtraError`.
"""

from lookalike.errors import MissingExtraError
from lookalike.system.installing import install_command

try:
    import sklearn.base  # noqa: F401 - which brings joblib and SciPy
except ImportError as error:
    raise MissingExtraError(
        f"the estimators take scikit-learn: {install_command('sklearn')}"
    ) from error
else:
    from lookalike.estimators.checking import EXPECTED_FAILED_CHECKS
    from lookalike.estimators.hamming_neighbors import HammingNeighbors
    from lookalike.estimators.hashing_transformer import HashingTransformer

__all__ = ["EXPECTED_FAILED_CHECKS", "HammingNeighbors", "HashingTransformer"]
