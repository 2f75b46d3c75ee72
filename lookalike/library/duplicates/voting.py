"""Pairs of pictures that several local features vote for: crops, collages, one thing seen twice.

The codes of all features are joined (:mod:`lookalike.indexes.pairs`), and each pair of near ones is
a vote for a pair of pictures. Chance gives votes, too, but hardly three of them that agree on how
the one picture lies in the other: how much larger, how far turned and where (H. Jegou, M. Douze and
C. Schmid, "Hamming embedding and weak geometric consistency for large scale image search", 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from lookalike.codes.bits import Words
from lookalike.library.engine import ContentIds
from lookalike.matching.feature_codes import FEATURE_BITS, feature_codes
from lookalike.matching.features import Features

__all__ = ["LEAST_VOTES", "Ballot", "Voted", "ballot_of", "voted"]

LEAST_VOTES: Final = 3
"""Features that have to agree."""

_RADIUS: Final = 15  # of 128 bits: one in a million pairs of features of strangers is as near
_STEP = 2  # that it is made less by where the votes need too much room
_MOST_FEATURES = 24_000_000  # of a library: 0.7 GB of codes and places
_ROOM = 24_000_000  # votes: 9 bytes each, and 16 more while they are counted
_CROWD = 60  # near features of one: text and repeated patterns, not what tells pictures apart
_COUNTED = 48  # votes of a pair whose agreement is looked at
_BLOCK = 2_000_000  # pairs of votes at a time
_OCTAVES, _TURN = 0.7, 26  # how far scales and angles (in 1/256 turns) of two votes may be apart
_OFF = 0.09  # of 256 pixels: from where another vote says that a feature lies


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """The local features of many pictures, as votes need them.

    Attributes:
        owners: places of the pictures, ascending, int32 (n,).
        words: codes, uint64 (n, 2).
        places: x and y in pixels of the small picture, float16 (n, 2).
        sizes: logarithm of the scale, to base 2, float16 (n,).
        turns: angle in 1/256 turns, uint8 (n,).
    """

    owners: npt.NDArray[np.int32]
    words: Words
    places: npt.NDArray[np.float16]
    sizes: npt.NDArray[np.float16]
    turns: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Voted:
    """Pairs of pictures that features vote for.

    Attributes:
        first: contents, int64 (n,).
        second: others, int64 (n,).
        votes: features that agree, int32 (n,).
    """

    first: ContentIds
    second: ContentIds
    votes: npt.NDArray[np.int32]


def ballot_of(features: Iterable[Features], pictures: int) -> Ballot:
    """The features of pictures, in their order; of very many pictures fewer of each.

    Args:
        features: of each picture; the first ones of each are the strongest of all its regions.
        pictures: how many there will be.
    """
    most = max(1, _MOST_FEATURES // max(1, pictures))
    owners, words, places, sizes, turns = [], [], [], [], []
    for place, one in enumerate(features):
        points = one.points[:most]
        owners.append(np.full(len(points), place, np.int32))
        words.append(feature_codes(one.descriptors[:most]))
        places.append(points[:, :2].astype(np.float16))
        sizes.append(np.log2(np.maximum(points[:, 2], 1)).astype(np.float16))
        turns.append((np.rint(points[:, 3] * (256 / 360)).astype(np.int64) % 256).astype(np.uint8))
    if not owners:
        owners, words = [np.empty(0, np.int32)], [np.empty((0, FEATURE_BITS // 64), np.uint64)]
        places, sizes = [np.empty((0, 2), np.float16)], [np.empty(0, np.float16)]
        turns = [np.empty(0, np.uint8)]
    return Ballot(*(np.concatenate(some) for some in (owners, words, places, sizes, turns)))


def voted(
    ballot: Ballot,
    contents: ContentIds,
    fresh: npt.NDArray[np.bool_],
    told: Callable[[int, int], bool],
) -> Voted | None:
    """Count the votes for pairs of pictures of which one at least is fresh.

    Args:
        ballot: of the pictures.
        contents: of the pictures, int64.
        fresh: which of them are asked about, bool.
        told: called with the units of the join that are done, and all there are; answers whether to
            go on.

    Returns:
        Pairs with :data:`LEAST_VOTES` and more; ``None`` if it was ended.
    """
    from lookalike.indexes.pairs import PairsJoin  # here: where nothing is new, nothing is compiled

    votes = _Votes(len(ballot.words))
    usable = _unusual(ballot.words)
    if usable.sum() > 1:
        join = PairsJoin(ballot.words, FEATURE_BITS, _RADIUS, allowed=usable)
        for unit in range(join.units):
            for first, second, distances in join.pairs(unit):
                one, other = ballot.owners[first], ballot.owners[second]
                kept = (one != other) & (fresh[one] | fresh[other])
                votes.add(first[kept], second[kept], distances[kept])
                if not told(unit, join.units):
                    return None
            if not told(unit + 1, join.units):
                return None
    first, second = votes.taken()
    return _agreed(ballot, contents, first, second)


def _unusual(words: Words) -> npt.NDArray[np.bool_]:
    """Features whose very code not a crowd has."""
    flat = np.ascontiguousarray(words).view([("", np.uint64)] * words.shape[1]).ravel()
    _, inverse, counts = np.unique(flat, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse.reshape(-1)] <= _CROWD)


class _Votes:
    """Pairs of near features, as many as there is room for."""

    def __init__(self, features: int) -> None:
        self._near = np.zeros(features, np.int64)
        self._pairs: list[npt.NDArray[np.int64]] = []
        self._apart: list[npt.NDArray[np.uint8]] = []
        self._count, self._radius = 0, _RADIUS

    def add(
        self,
        first: npt.NDArray[np.int64],
        second: npt.NDArray[np.int64],
        distances: npt.NDArray[np.int32],
    ) -> None:
        for ends in (first, second):
            np.add.at(self._near, ends, 1)
        kept = (self._near[first] <= _CROWD) & (self._near[second] <= _CROWD)
        kept &= distances <= self._radius
        self._pairs.append(first[kept] << 32 | second[kept])
        self._apart.append(distances[kept].astype(np.uint8))
        self._count += int(kept.sum())
        while self._count > _ROOM and self._radius > 0:
            self._thin()
            if self._count > _ROOM // 2:
                self._radius = max(0, self._radius - _STEP)
                self._thin()

    def _thin(self) -> None:
        """Let go of the votes of crowds, and of those that are too far by now."""
        pairs, apart = np.concatenate(self._pairs), np.concatenate(self._apart)
        kept = (self._near[pairs >> 32] <= _CROWD) & (self._near[pairs & 0xFFFFFFFF] <= _CROWD)
        kept &= apart <= self._radius
        self._pairs, self._apart = [pairs[kept]], [apart[kept]]
        self._count = int(kept.sum())

    def taken(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """First and second features of all votes that stay."""
        if self._pairs:
            self._thin()
        pairs = self._pairs[0] if self._pairs else np.empty(0, np.int64)
        return pairs >> 32, pairs & 0xFFFFFFFF


def _agreed(
    ballot: Ballot,
    contents: ContentIds,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
) -> Voted:
    """Pairs of pictures whose votes agree on how the one lies in the other."""
    pictures = np.int64(len(contents))
    keys = ballot.owners[first] * pictures + ballot.owners[second]
    order = np.argsort(keys, kind="stable")
    keys, first, second = keys[order], first[order], second[order]
    pairs, starts, counts = np.unique(keys, return_index=True, return_counts=True)
    many = counts >= LEAST_VOTES
    pairs, starts = pairs[many], starts[many]
    counts = np.minimum(counts[many], _COUNTED)
    votes = np.zeros(len(pairs), np.int32)
    ends = np.cumsum(counts.astype(np.int64) ** 2)
    low = 0
    while low < len(pairs):
        done = ends[low - 1] if low else 0
        high = max(low + 1, int(np.searchsorted(ends, done + _BLOCK, side="right")))
        begin, end = int(starts[low]), int(starts[high - 1] + counts[high - 1])
        some = first[begin:end], second[begin:end]
        votes[low:high] = _most(ballot, *some, starts[low:high] - begin, counts[low:high])
        low = high
    kept = votes >= LEAST_VOTES
    one, other = np.divmod(pairs[kept], pictures)
    return Voted(contents[one], contents[other], votes[kept])


def _most(
    ballot: Ballot,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> npt.NDArray[np.int32]:
    """For each pair of pictures how many of its votes agree with one of them, itself included."""
    # Every vote (m) of a pair beside every vote (n) of the same pair.
    of_pair = np.repeat(np.arange(len(counts)), counts**2)
    begin = np.repeat(np.cumsum(counts**2) - counts**2, counts**2)
    m, n = np.divmod(np.arange(len(of_pair)) - begin, counts[of_pair])
    m, n = m + starts[of_pair], n + starts[of_pair]
    a, b = _plane(ballot, first), _plane(ballot, second)
    larger = (ballot.sizes[second].astype(np.float32) - ballot.sizes[first]).astype(np.float32)
    turned = ballot.turns[second] - ballot.turns[first]  # of uint8: as angles are, in a circle
    how = (np.exp2(larger) * np.exp(turned * np.complex64(2j * np.pi / 256))).astype(np.complex64)
    off = np.abs(how[m] * (a[n] - a[m]) + b[m] - b[n])
    scale = np.maximum(np.exp2(larger[m]), 1)  # of what is enlarged, errors are too
    fits = off <= _OFF * 256 * scale
    fits &= np.abs(larger[m] - larger[n]) <= _OCTAVES
    apart = (turned[m] - turned[n]).astype(np.int8)
    fits &= np.abs(apart.astype(np.int16)) <= _TURN
    # A feature counts once, however many of the other picture are near to it.
    agree = np.minimum(
        _distinct(of_pair, m, first[n], fits), _distinct(of_pair, m, second[n], fits)
    )
    best = np.zeros(len(counts), np.int32)
    np.maximum.at(best, of_pair, agree)
    return best


def _distinct(
    of_pair: npt.NDArray[np.int64],
    m: npt.NDArray[np.int64],
    features: npt.NDArray[np.int64],
    fits: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int32]:
    """For each row, of how many different features votes fit the one of its row."""
    rows = np.flatnonzero(fits)
    seen = np.unique(m[rows] << 32 | features[rows])
    counts = np.bincount(seen >> 32, minlength=int(m.max()) + 1 if len(m) else 0)
    return np.asarray(counts[m], np.int32)


def _plane(ballot: Ballot, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.complex64]:
    x, y = ballot.places[rows].astype(np.float32).T
    return np.asarray(x + 1j * y, np.complex64)
