"""How near pictures of a library that have nothing to do with each other come: counted.

All pairs of some pictures are counted at every distance, those of many more pictures at the small
distances that are rare. Each pair is compared as a search would compare it: the perceptual code of
one in its eight turnings with that of the other, of which the nearest counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words, from_words, to_words
from lookalike.encoders.turned_codes import turned_codes
from lookalike.indexes.exact import exact_scan

__all__ = [
    "BODY",
    "COSINE_STEPS",
    "Counts",
    "Near",
    "cosine_counts",
    "cosine_steps",
    "distance_counts",
    "near_pairs",
    "turns",
]

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

BODY = 3_000
"""Pictures of which all pairs are counted: 4.5 million pairs, in a fifth of a second."""

COSINE_STEPS = 400
"""Cosines from 1 to -1 are counted in so many steps of 0.005, as distances are in bits."""

_ROWS = 128  # compared with all others at a time: 128 x 3,000 sums stay in a processor's cache
_QUERIES = 16_384  # codes that are looked for at a time


class Near(NamedTuple):
    """Pairs of rows, the first less than the second, and their distances, int64 (n,) each."""

    first: Ints
    second: Ints
    distances: Ints


class Counts(NamedTuple):
    """Pairs by distance, in bits or in steps of a cosine.

    Attributes:
        all: of ``pairs`` pairs those at each distance, int64 (steps + 1,).
        near: those at each distance of more pairs, as far as they were looked for, int64
            (reach + 1,); nothing where there are no more.
        pairs: that ``near`` was counted of.
    """

    all: Ints
    near: Ints
    pairs: int

    def reached(self) -> Reals:
        """Pairs at each distance or nearer, as if all had been counted: float64 (steps + 1,)."""
        total = int(self.all.sum())
        found = self.all.cumsum().astype(np.float64)
        if len(self.near) and total:
            reach = len(self.near)
            found *= self.pairs / total
            found[:reach] = self.near.cumsum()
            found = np.maximum.accumulate(found)
        return found

    @property
    def total(self) -> int:
        """Pairs that were compared, the many where there are such."""
        return self.pairs if len(self.near) else int(self.all.sum())


def turns(words: Words, bits: int, *, turned: bool) -> Words:
    """The codes that each picture is looked for with: uint64 (turns, n, words)."""
    if not turned:
        return words[None]
    codes = turned_codes(from_words(words, bits))
    return to_words(codes.reshape(-1, codes.shape[2])).reshape(len(codes), *words.shape)


def distance_counts(words: Words, bits: int, *, turned: bool) -> Ints:
    """Count all pairs of codes by distance, int64 (bits + 1,).

    Args:
        words: codes padded to 64-bit words, uint64 (n, words).
        bits: of a code.
        turned: whether one of each pair is compared in its eight turnings.
    """
    found = np.zeros(bits + 1, np.int64)
    for _, nearest, later in _compared(words, bits, turned=turned):
        found += np.bincount(nearest[later], minlength=bits + 1)
    return found


def near_pairs(words: Words, bits: int, radius: int, *, turned: bool) -> Near:
    """All pairs of codes within a radius, the rim included.

    Args:
        words: as of :func:`distance_counts`, like the others.
        bits: likewise.
        radius: in bits.
        turned: likewise.
    """
    few = len(words) <= BODY  # compiled kernels would take longer to load
    return (_near_of_few if few else _near_of_many)(words, bits, radius, turned=turned)


def _compared(
    words: Words, bits: int, *, turned: bool
) -> Iterator[tuple[int, npt.NDArray[np.uint16], npt.NDArray[np.bool_]]]:
    """The first row of some, their distances to it and all later rows, and which pairs count."""
    asked, n = turns(words, bits, turned=turned), len(words)
    columns = np.ascontiguousarray(words.T)
    for start in range(0, n, _ROWS):
        end = min(n, start + _ROWS)
        others = columns[:, start:]
        nearest = np.full((end - start, n - start), bits, np.uint16)
        for turn in asked:
            sums = np.zeros(nearest.shape, np.uint16)
            for column, own in zip(others, turn[start:end].T, strict=True):
                sums += np.bitwise_count(own[:, None] ^ column)
            np.minimum(nearest, sums, out=nearest)
        yield start, nearest, np.arange(n - start) > np.arange(end - start)[:, None]


def _near_of_few(words: Words, bits: int, radius: int, *, turned: bool) -> Near:
    found = [np.zeros((3, 0), np.int64)]
    for start, nearest, later in _compared(words, bits, turned=turned):
        rows, others = np.nonzero(later & (nearest <= radius))
        found.append(np.stack([rows + start, others + start, nearest[rows, others]]))
    first, second, distances = np.concatenate(found, axis=1).astype(np.int64)
    return Near(first, second, distances)


def _near_of_many(words: Words, bits: int, radius: int, *, turned: bool) -> Near:
    n = len(words)
    scan = exact_scan(words, bits)
    found = [np.zeros((2, 0), np.int64)]  # keys of pairs, and distances
    for turn in turns(words, bits, turned=turned):
        for start in range(0, n, _QUERIES):
            asked = from_words(turn[start : start + _QUERIES], bits)
            hits = scan.within(asked, radius)
            rows = np.repeat(np.arange(start, start + len(asked)), np.diff(hits.offsets))
            later = hits.ids > rows
            found.append(np.stack([rows * n + hits.ids, hits.distances])[:, later])
    key, distances = np.concatenate(found, axis=1)
    order = np.lexsort((distances, key))
    key, distances = key[order], distances[order]
    nearest = np.ones(len(key), np.bool_)  # of each pair, whichever turning that is
    nearest[1:] = key[1:] != key[:-1]
    key = key[nearest]
    return Near(key // n, key % n, distances[nearest])


def cosine_steps(cosines: npt.ArrayLike) -> Ints:
    """The step of each cosine, int64: 0 for 1, COSINE_STEPS for -1.

    What is in a step or a nearer one has at least the cosine of its rim.
    """
    away = (1 - np.asarray(cosines, np.float64)) * (COSINE_STEPS / 2)
    # Rounded, so that a cosine of exactly 0.9 isn't a step farther by its last bit.
    return np.clip(np.ceil(np.round(away, 6)), 0, COSINE_STEPS).astype(np.int64)


def cosine_counts(embeddings: npt.NDArray[np.int8]) -> Ints:
    """Count all pairs of embeddings by the step of their cosine, int64 (COSINE_STEPS + 1,).

    Args:
        embeddings: int8 (n, d).
    """
    rows = embeddings.astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))
    found = np.zeros(COSINE_STEPS + 1, np.int64)
    n, scale = len(rows), np.float32(COSINE_STEPS / 2)
    for start in range(0, n, _ROWS):
        end = min(n, start + _ROWS)
        away = np.ceil((1 - rows[start:end] @ rows[start:].T) * scale)
        steps = np.clip(away, 0, COSINE_STEPS).astype(np.int16)
        later = np.arange(n - start) > np.arange(end - start)[:, None]
        found += np.bincount(steps[later], minlength=COSINE_STEPS + 1)
    return found
