"""Answers of two indexes over different rows as the answer of one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.types import Hits, RadiusHits

__all__ = ["nearest", "owners_of", "within"]

Ints = npt.NDArray[np.int64]

_FAR = np.iinfo(np.int32).max


def nearest(first: Hits, second: Hits) -> Hits:
    """The k nearest of two times the k nearest, int64 and int32 (queries, k)."""
    k = first.ids.shape[1]
    ids = np.concatenate([first.ids, second.ids], axis=1)
    distances = np.concatenate([first.distances, second.distances], axis=1)
    order = np.lexsort((ids, np.where(ids < 0, _FAR, distances)))[:, :k]
    return Hits(
        ids=np.take_along_axis(ids, order, 1),
        distances=np.take_along_axis(distances, order, 1),
        exact=first.exact and second.exact,
    )


def within(first: RadiusHits, second: RadiusHits) -> RadiusHits:
    """All that two have found."""
    exact = first.exact and second.exact
    owners = np.concatenate([owners_of(first), owners_of(second)])
    ids = np.concatenate([first.ids, second.ids])
    distances = np.concatenate([first.distances, second.distances])
    order = np.lexsort((ids, distances, owners))
    offsets = first.offsets + second.offsets
    return RadiusHits(offsets=offsets, ids=ids[order], distances=distances[order], exact=exact)


def owners_of(hits: RadiusHits) -> Ints:
    """For each hit the number of its query, int64 (total,)."""
    return np.repeat(np.arange(len(hits)), np.diff(hits.offsets))
