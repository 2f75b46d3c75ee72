"""What codes are like, whatever they are of: are all bits used, and each for something else?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import check, unpack
from lookalike.errors import UsageError
from lookalike.types import Codes

__all__ = ["bit_balance", "bit_correlation", "collisions", "mean_correlation", "unique_codes"]

Floats = npt.NDArray[np.float64]

_ROWS = 1 << 14  # unpacked at a time


def unique_codes(codes: Codes) -> float:
    """How many different codes there are, as a share of the codes; 1 where no two are equal.

    Raises:
        UsageError: no codes.
    """
    _some(codes)
    rows = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.shape[1]))).ravel()
    return len(np.unique(rows)) / len(rows)


def collisions(codes: Codes, labels: npt.NDArray[np.int64]) -> float:
    """The share of the codes that a picture of another class has, too; 0 at best.

    No search by such a code can tell the classes apart. Few different codes are no fault where
    pictures of one class share them; this is.

    Args:
        codes: packed, uint8 (n, ceil(bits / 8)).
        labels: int64 (n,).

    Raises:
        UsageError: no codes, or not one label for each.
    """
    _some(codes)
    if not isinstance(labels, np.ndarray) or labels.shape != (len(codes),):
        raise UsageError(f"{len(codes):,} codes take as many labels, one for each")
    rows = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.shape[1]))).ravel()
    _, group = np.unique(rows, return_inverse=True)
    pairs = np.unique(np.stack([group.ravel(), labels], 1), axis=0)
    shared = np.bincount(pairs[:, 0]) > 1
    return float(shared[group.ravel()].mean())


def bit_balance(codes: Codes, bits: int) -> Floats:
    """The share of codes in which each bit is set: float64 (bits,), at best a half.

    Raises:
        UsageError: no codes, or none of that many bits.
    """
    _some(codes)
    codes = check(codes, bits)
    ones = np.zeros(bits, np.int64)
    for start in range(0, len(codes), _ROWS):
        ones += unpack(codes[start : start + _ROWS], bits).sum(0, dtype=np.int64)
    return ones / len(codes)


def bit_correlation(codes: Codes, bits: int) -> Floats:
    """The correlation of each two bits (Pearson's): float64 (bits, bits), at best 0.

    A bit that never changes tells nothing, and has correlation 0 with all others.

    Raises:
        UsageError: no codes, or none of that many bits.
    """
    mean = bit_balance(codes, bits)
    products = np.zeros((bits, bits))
    for start in range(0, len(codes), _ROWS):
        block = unpack(codes[start : start + _ROWS], bits).astype(np.float32)  # sums are exact
        products += block.T @ block
    covariance = products / len(codes) - np.outer(mean, mean)
    deviation = np.sqrt(mean * (1 - mean))
    scale = np.outer(deviation, deviation)
    correlation: Floats = np.where(scale > 0, covariance / np.where(scale > 0, scale, 1), 0.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def mean_correlation(codes: Codes, bits: int) -> float:
    """The mean size of the correlation between two different bits, 0 to 1; 0 for a single bit.

    Raises:
        UsageError: no codes, or none of that many bits.
    """
    correlation = np.abs(bit_correlation(codes, bits))
    pairs = bits * (bits - 1)
    return float((correlation.sum() - bits) / pairs) if pairs else 0.0


def _told(codes: object) -> str:
    if isinstance(codes, np.ndarray):
        return f"{codes.dtype} {codes.shape}"
    return type(codes).__name__


def _some(codes: Codes) -> None:
    if not isinstance(codes, np.ndarray) or codes.ndim != 2 or codes.dtype != np.uint8:
        raise UsageError(f"codes are packed, uint8 (n, ceil(bits / 8)), not {_told(codes)}")
    if not len(codes):
        raise UsageError("of no codes nothing can be said: give at least one")
