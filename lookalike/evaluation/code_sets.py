"""The codes that searches are measured on: uniform, clustered, learned, and of real pictures.

All are made from a seed. The queries are never rows of the database, except where a description
says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import bytes_for, words_for
from lookalike.errors import UsageError
from lookalike.types import Codes

__all__ = [
    "CLUSTER",
    "FAMILIES",
    "MORE_NOISE",
    "NOISE",
    "CodeSet",
    "Family",
    "Features",
    "clustered",
    "clustered_features",
    "split",
    "uniform",
]

Family = Literal["uniform", "clustered", "cifar10", "pdq"]
"""What codes there are."""

FAMILIES: tuple[Family, ...] = get_args(Family)

CLUSTER = 100
"""Codes of one cluster, on average."""

NOISE = 0.4
"""Standard deviation of real features around their centre; that of the centres is 1. Such clusters
keep apart."""

MORE_NOISE = 0.7
"""The same, of clusters that run into each other."""

_WORDS_AT_ONCE = 1 << 20
_CLASSES = 10  # as CIFAR-10 has them


@dataclass(frozen=True, slots=True, eq=False)
class CodeSet:
    """A database and queries.

    Attributes:
        name: of the family, or of the file.
        bits: width of the codes.
        codes: the database, packed, uint8 (n, ceil(bits / 8)).
        queries: packed, uint8 (queries, ceil(bits / 8)).
        description: one line: what they are and how they were made.
    """

    name: str
    bits: int
    codes: Codes
    queries: Codes
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Real features and queries, for the k-d tree.

    Attributes:
        rows: float32 (n, d).
        queries: float32 (queries, d).
        description: one line.
    """

    rows: npt.NDArray[np.float32]
    queries: npt.NDArray[np.float32]
    description: str


def uniform(size: int, bits: int, queries: int, seed: int = 0) -> CodeSet:
    """Every bit set by the toss of a coin: the hardest case for an index, there is nothing near.

    Raises:
        UsageError: ``size``, ``bits`` or ``queries`` out of range.
    """
    _check(size, queries)
    rng = np.random.default_rng(seed)
    return CodeSet(
        "uniform",
        bits,
        _random(rng, size, bits),
        _random(rng, queries, bits),
        f"{size:,} codes of {bits} independent fair bits",
    )


def clustered(size: int, bits: int, queries: int, seed: int = 0) -> CodeSet:
    """Clusters of about :data:`CLUSTER` codes: a uniform centre, one bit in sixteen flipped.

    Queries are further members of the same clusters. At 256 bits two members are 30 bits apart on
    average, about as far as PDQ's edited copies may be.

    Raises:
        UsageError: ``size``, ``bits`` or ``queries`` out of range.
    """
    _check(size, queries)
    rng = np.random.default_rng(seed)
    centres = _random_words(rng, max(1, size // CLUSTER), bits)
    return CodeSet(
        "clustered",
        bits,
        _members(rng, centres, size, bits),
        _members(rng, centres, queries, bits),
        f"{size:,} codes of {bits} bits around {len(centres):,} uniform centres, each bit flipped "
        "with probability 1/16",
    )


def clustered_features(
    size: int, queries: int, width: int = 32, seed: int = 0, spread: float = NOISE
) -> Features:
    """Real features like those of a classifier of ten classes: ten Gaussian clusters.

    Centres are standard normal; ``spread`` is the standard deviation of the noise around them. The
    more clusters overlap, the longer a k-d tree takes.

    Raises:
        UsageError: ``size`` or ``queries`` out of range.
    """
    _check(size, queries)
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((_CLASSES, width), dtype=np.float32)

    def draw(n: int) -> npt.NDArray[np.float32]:
        noise = np.float32(spread) * rng.standard_normal((n, width), dtype=np.float32)
        return centres[rng.integers(0, _CLASSES, n)] + noise

    rows = draw(size)
    return Features(
        rows,
        draw(queries),
        f"{size:,} rows of {width} floats in {_CLASSES} Gaussian clusters, centres of unit "
        f"variance and noise of {spread} standard deviations",
    )


def split(name: str, bits: int, codes: Codes, size: int | None, queries: int, seed: int) -> CodeSet:
    """Codes that were made elsewhere, shuffled, into a database and queries that aren't in it.

    Args:
        name: what to call them.
        bits: their width.
        codes: packed, uint8 (n, ceil(bits / 8)).
        size: of the database; all but the queries if omitted.
        queries: how many.
        seed: of the shuffle.

    Raises:
        UsageError: there are too few codes for that.
    """
    size = len(codes) - queries if size is None else size
    if size < 1 or size + queries > len(codes):
        raise UsageError(
            f"{name} has {len(codes):,} codes: too few for {max(size, 1):,} and {queries:,} "
            "queries that aren't among them"
        )
    _check(size, queries)
    order = np.random.default_rng(seed).permutation(len(codes))[: size + queries]
    return CodeSet(
        name,
        bits,
        np.ascontiguousarray(codes[order[:size]]),
        np.ascontiguousarray(codes[order[size:]]),
        f"{size:,} of {len(codes):,} codes of {name}, {bits} bits",
    )


def _check(size: int, queries: int) -> None:
    if size < 1:
        raise UsageError(f"a database to measure has at least 1 code, not {size}")
    if queries < 1:
        raise UsageError(f"measuring takes at least 1 query, not {queries}")


def _random(rng: np.random.Generator, n: int, bits: int) -> Codes:
    return _packed(_random_words(rng, n, bits), bits)


def _random_words(rng: np.random.Generator, n: int, bits: int) -> npt.NDArray[np.uint64]:
    """Words whose padding isn't cleared."""
    return rng.integers(0, 1 << 64, (n, words_for(bits)), dtype=np.uint64)


def _members(rng: np.random.Generator, centres: npt.NDArray[np.uint64], n: int, bits: int) -> Codes:
    words = np.empty((n, centres.shape[1]), np.uint64)
    step = max(1, _WORDS_AT_ONCE // centres.shape[1])
    for start in range(0, n, step):
        part = words[start : start + step]
        # Four coins that all fall on one side: a sixteenth of the bits.
        flips = _random_words(rng, len(part), bits)
        for _ in range(3):
            flips &= _random_words(rng, len(part), bits)
        np.bitwise_xor(centres[rng.integers(0, len(centres), len(part))], flips, out=part)
    return _packed(words, bits)


def _packed(words: npt.NDArray[np.uint64], bits: int) -> Codes:
    """Packed codes from words, in place where the width allows it: 10^8 codes fit once."""
    width = bytes_for(bits)
    codes = words.view(np.uint8)
    if width < codes.shape[1]:
        codes = np.ascontiguousarray(codes[:, :width])
    if bits % 8:
        codes[:, -1] &= 0xFF << (8 - bits % 8) & 0xFF
    return codes
