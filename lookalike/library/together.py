"""Several pictures as one question: what is like all of them, or like some and unlike others.

The answer is ordered by the weighted mean of the cosines to each of them. That is compared with
every picture of the library, not with a short list: what is fairly near to all pictures asked for
may be among the nearest of none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words, to_words
from lookalike.errors import UsageError
from lookalike.library.engine import ContentIds, Table
from lookalike.types import ContentId, Encoded

__all__ = ["MOST_TOGETHER", "check_weights", "nearest_to_all"]

MOST_TOGETHER = 1_000
"""Pictures that make one question, at most."""

_BLOCK = 16_384  # contents that are compared at a time

Floats = npt.NDArray[np.float32]


def nearest_to_all(
    table: Table, asked: Sequence[Encoded], weights: Sequence[float], k: int
) -> dict[ContentId, float]:
    """The k contents with the largest weighted mean of cosines to some pictures, equal ones by id.

    Exact: every content that can be found is compared, by embeddings, or by codes where there are
    none (the cosine of codes as vectors of +-1).

    Args:
        table: of the photo code.
        asked: each picture as the code's encoder has it; of several rows the first counts.
        weights: of each; less than 0 for what the hits shall not be like.
        k: contents wanted.

    Returns:
        Contents and their means, -1 to 1, largest first.
    """
    share = (np.asarray(weights, np.float64) / sum(map(abs, weights))).astype(np.float32)
    contents = table.sample(len(table))
    means = np.empty(len(contents), np.float32)
    words = np.concatenate([to_words(one.codes[:1]) for one in asked])
    towards = _towards(asked, share)
    for start in range(0, len(contents), _BLOCK):
        block = slice(start, start + _BLOCK)
        kept = table.stored(contents[block])
        if towards is not None and kept.embeddings is not None:
            means[block] = _by_embeddings(kept.embeddings, towards)
        else:
            means[block] = _by_codes(kept.words, words, share, table.encoder.bits)
        means[block][~kept.there] = -np.inf
    best = _largest(contents, means, k)
    return {ContentId(int(contents[row])): float(means[row]) for row in best}


def _towards(asked: Sequence[Encoded], share: Floats) -> Floats | None:
    """What the cosines' weighted mean is the product with, for a unit vector; (d,)."""
    rows = [one.embeddings[0] for one in asked if one.embeddings is not None]
    if len(rows) < len(asked):
        return None
    return np.asarray(share @ _units(np.stack(rows).astype(np.float32)), np.float32)


def _units(rows: Floats) -> Floats:
    lengths = np.sqrt((rows * rows).sum(1, keepdims=True))
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)


def _by_embeddings(embeddings: npt.NDArray[np.int8], towards: Floats) -> Floats:
    return np.asarray(_units(embeddings.astype(np.float32)) @ towards, np.float32)


def _by_codes(kept: Words, asked: Words, share: Floats, bits: int) -> Floats:
    means = np.zeros(len(kept), np.float32)
    for words, weight in zip(asked, share, strict=True):
        distances = np.bitwise_count(kept ^ words).sum(1, dtype=np.int64)
        means += weight * (1 - 2 * distances / bits).astype(np.float32)
    return means


def _largest(contents: ContentIds, means: Floats, k: int) -> npt.NDArray[np.int64]:
    """Rows of the k largest, equal ones in the order of their ids, which ascend."""
    rows = np.flatnonzero(means > -np.inf)
    if len(rows) > k:
        rows = rows[means[rows] >= np.partition(means[rows], -k)[-k]]
    return rows[np.argsort(-means[rows], kind="stable")][:k]


def check_weights(weights: Any, pictures: int) -> list[float]:
    """The weight of each of some pictures; 1 for each where none are given.

    Raises:
        UsageError: not one finite number a picture, none of them other than 0, or no pictures.
    """
    if not 1 <= pictures <= MOST_TOGETHER:
        raise UsageError(f"one question is made of 1 to {MOST_TOGETHER:,} pictures, not {pictures}")
    if weights is None:
        return [1.0] * pictures
    listed = weights.ndim == 1 if isinstance(weights, np.ndarray) else _is_list(weights)
    if not listed:
        raise UsageError(f"weights are numbers, one for each picture, not {weights!r}")
    found = list(weights)
    if len(found) != pictures:
        raise UsageError(
            f"{len(found)} weights for {pictures} pictures: give one for each, in their order"
        )
    for weight in found:
        real = isinstance(weight, int | float | np.integer | np.floating)
        if not real or isinstance(weight, bool) or not _is_finite(weight):
            raise UsageError(f"a weight is a number such as 1, 0.5 or -1, not {weight!r}")
    if not any(found):
        raise UsageError("all weights are 0, which asks for nothing: give one picture another")
    return [float(weight) for weight in found]


def _is_list(values: Any) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str | bytes)


def _is_finite(weight: Any) -> bool:
    try:
        return math.isfinite(float(weight)) and abs(float(weight)) <= 1e6
    except OverflowError:
        return False
