"""The rates of a library's codes, measured on pictures of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import from_words
from lookalike.images.parts.nine import PARTS
from lookalike.library.by_photo import PART_HANDICAP, PART_SHARE
from lookalike.library.calibration import Calibration
from lookalike.library.calibration_counts import (
    BODY,
    COSINE_STEPS,
    Counts,
    cosine_counts,
    cosine_steps,
    distance_counts,
    near_pairs,
)
from lookalike.library.calibration_prior import prior_of_cosines, prior_of_distances
from lookalike.library.calibration_sample import Related, chosen, is_hash, one_of_each, unrelated
from lookalike.library.calibration_tail import blended
from lookalike.library.engine import ContentIds, Table

__all__ = ["LOOKED_AT", "measure"]

Reals = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOOKED_AT = 200
"""Nearest pairs that are asked about, whether they are related."""

_RARE = 1e-4  # rate up to which the pairs of all pictures are counted
_EMBEDDED = 4_000  # pictures whose cosines are compared: eight million pairs
_PARTED = 400  # pictures that are compared with each other's parts
_NONE = np.zeros(0, np.int64)


def measure(
    table: Table, hashes: Table | None, *, related: Related | None = None, seed: int = 0
) -> Calibration:
    """How near unrelated pictures of a library come by one of its codes.

    Args:
        table: of the codes.
        hashes: of the library's perceptual hash, which tells copies; it may be the same table.
        related: asked about the nearest pairs, :data:`LOOKED_AT` at most.
        seed: of the choice of the pictures.
    """
    encoder = table.encoder
    contents = unrelated(table, hashes, seed)
    counts = _counted(table, contents, seed)
    if related is not None and len(contents) > 1:
        stays = _without(table, contents, counts, related)
        if not stays.all():
            contents = contents[stays]
            counts = _counted(table, contents, seed)
    distances = blended(counts, prior_of_distances(encoder))
    cosines = None
    if encoder.embedding_size:
        cosines = blended(_cosines(table, contents, seed), prior_of_cosines(encoder))
        if table.has_parts:
            cosines = _with_parts(cosines, table, contents, seed)
    return Calibration(encoder, distances, cosines, len(table), counts.total, table.has_parts)


def _counted(table: Table, contents: ContentIds, seed: int) -> Counts:
    """Pairs by distance, those that are rare among all of the pictures."""
    words, bits = table.stored(contents).words, table.encoder.bits
    turned = is_hash(table.encoder)
    all_ = distance_counts(words[chosen(len(words), BODY, seed)], bits, turned=turned)
    rates = all_.cumsum() / max(1, all_.sum())
    reach = int(np.searchsorted(rates, _RARE, side="right")) - 1
    if len(words) <= BODY or reach < 0:
        return Counts(all_, _NONE, 0)
    near = near_pairs(words, bits, reach, turned=turned).distances
    pairs = len(words) * (len(words) - 1) // 2
    return Counts(all_, np.bincount(near, minlength=reach + 1), pairs)


def _without(
    table: Table, contents: ContentIds, counts: Counts, related: Related
) -> npt.NDArray[np.bool_]:
    """Which contents stay after asking about the nearest pairs."""
    words, bits = table.stored(contents).words, table.encoder.bits
    radius = min(bits, int(np.searchsorted(counts.reached(), LOOKED_AT)))
    near = near_pairs(words, bits, radius, turned=is_hash(table.encoder))
    order = np.lexsort((near.second, near.first, near.distances))[:LOOKED_AT]
    first, second = near.first[order], near.second[order]
    known = np.asarray(related(contents[first], contents[second]), np.bool_)
    return one_of_each(len(contents), first[known], second[known])


def _cosines(table: Table, contents: ContentIds, seed: int) -> Counts:
    some = contents[chosen(len(contents), _EMBEDDED, seed)]
    embeddings = table.stored(some).embeddings
    if embeddings is None:
        return Counts(np.zeros(COSINE_STEPS + 1, np.int64), _NONE, 0)
    return Counts(cosine_counts(embeddings), _NONE, 0)


def _with_parts(cosines: Reals, table: Table, contents: ContentIds, seed: int) -> Reals:
    """Rates where pictures are also compared with each other's parts, both ways.

    What is as near as that as a whole or by a part, or the other way round, is at most the sum of
    the three.
    """
    some = contents[chosen(len(contents), _PARTED, seed)]
    n = len(some)
    if n < 2:
        return cosines
    asked = from_words(table.stored(some).words, table.encoder.bits)
    hits = table.nearest_parts(asked, n * len(PARTS), among=some)
    nearest = np.full((n, n), table.encoder.bits, np.int64)
    there = hits.contents >= 0
    rows = np.nonzero(there)[0]
    others = np.searchsorted(some, hits.contents[there])
    np.minimum.at(nearest, (rows, others), hits.distances[there])
    away = nearest[~np.eye(n, dtype=np.bool_)]
    away = away[away <= int(PART_SHARE * table.encoder.bits)]
    steps = cosine_steps(np.cos(np.pi * away / table.encoder.bits) - PART_HANDICAP)
    rates = np.bincount(steps, minlength=COSINE_STEPS + 1).cumsum() / (n * (n - 1))
    mixed: Reals = np.log10(np.minimum(1.0, 10.0**cosines + 2 * rates))
    return mixed
