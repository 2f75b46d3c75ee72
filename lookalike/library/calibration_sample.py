"""The pictures of a library that its rates are measured on: unrelated ones, as far as is known.

Copies come as near as they like, and would be taken for chance. So of pictures that the perceptual
hash calls copies of each other one stays, and so of those that somebody else knows to be related:
a second look, or a burst of a camera.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from lookalike.encoders import registry
from lookalike.encoders.pdq_area import PDQArea
from lookalike.encoders.perceptual_hash import CopyLimits
from lookalike.library.calibration_counts import near_pairs
from lookalike.library.engine import ContentIds, Table
from lookalike.library.records import EncoderInfo

__all__ = ["PICTURES", "Related", "chosen", "is_hash", "limits_of", "one_of_each", "unrelated"]

Mask = npt.NDArray[np.bool_]

PICTURES = 10_000
"""Of a library that are looked at, at most: fifty million pairs."""

Related: TypeAlias = Callable[[ContentIds, ContentIds], Mask]
"""Tells of pairs of contents (first ids, second ids) which are known to be related: the same
picture edited, a part of it, or a burst."""


def is_hash(encoder: EncoderInfo) -> bool:
    """Whether an encoder's codes are asked in the eight turnings of a picture."""
    return encoder.slot == "pdq" and encoder.bits == PDQArea.bits


def limits_of(encoder: EncoderInfo) -> CopyLimits:
    """What the distances of a perceptual hash mean, also of one that isn't here any more."""
    made = registry.perceptual(encoder.fingerprint)
    return PDQArea.limits if made is None else made.limits


def unrelated(table: Table, hashes: Table | None, seed: int) -> ContentIds:
    """Contents drawn at random, of copies one, without those whose codes mean nothing; ascending.

    Args:
        table: of the codes that are to be measured.
        hashes: of the perceptual hash, which tells copies; ``None`` where there is none.
        seed: of the choice.
    """
    contents = table.sample(PICTURES, seed)
    if hashes is None or not is_hash(hashes.encoder) or not len(contents):
        return contents
    limits, kept = limits_of(hashes.encoder), hashes.stored(contents)
    trusted = kept.there & (kept.quality >= limits.quality)
    rows = np.flatnonzero(trusted)
    copies = near_pairs(kept.words[rows], hashes.encoder.bits, limits.edited, turned=True)
    stays = one_of_each(len(contents), rows[copies.first], rows[copies.second])
    if table.encoder.slot == "pdq":
        stays &= trusted  # codes of flat pictures match by chance
    return contents[stays]


def one_of_each(n: int, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Mask:
    """Which rows stay if of connected ones the first does, bool (n,).

    Args:
        n: rows.
        first: of pairs of connected rows, int64 (pairs,).
        second: likewise; greater.
    """
    group = np.arange(n)
    while True:
        # Each takes the least of its neighbours' groups, and then of that one's own.
        least = group.copy()
        np.minimum.at(least, second, group[first])
        np.minimum.at(least, first, group[second])
        least = least[least]
        if np.array_equal(least, group):
            return np.asarray(group == np.arange(n))
        group = least


def chosen(n: int, most: int, seed: int) -> npt.NDArray[np.int64]:
    """Which of n rows are looked at: at most so many, drawn at random, ascending, int64."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
